"""The grading commands as others call them: shapes, order, exit statuses."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from typer.testing import CliRunner

from interviewer.cli import app, main
from knowledge.library import Library

runner = CliRunner()
CRITERIA = ["situation", "task", "action", "result", "ownership", "measurement", "reflection", "concision"]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["interviewer", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_star_prints_one_document_with_the_named_criteria(tmp_path):
    answer = tmp_path / "story.txt"
    text = (
        "The search failed for 8% of users. I traced it and fixed the parser. In the end failures fell from 8% to 1%."
    )
    answer.write_text(text, encoding="utf-8")
    document = json.loads(runner.invoke(app, ["grade", "star", str(answer), "--json"]).stdout)
    assert [criterion["criterion"] for criterion in document["criteria"]] == CRITERIA
    assert {"overall", "band", "flags", "engine"} <= set(document)
    for criterion in document["criteria"]:
        for evidence in criterion["evidence"]:
            assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_quotations_are_offsets_into_the_text_as_it_stands(tmp_path, encoding):
    """Neither line ends nor what looks like mojibake nor decomposed letters are mended: that would move them."""
    answer = tmp_path / "story.txt"
    text = "The cafe\u0301 failed for 8% \u00c3\u2014 of users.\r\nI traced it and fixed it.\r\nFailures fell to 1%."
    answer.write_bytes(text.encode(encoding))
    document = json.loads(runner.invoke(app, ["grade", "star", str(answer), "--json"]).stdout)
    evidence = [found for criterion in document["criteria"] for found in criterion["evidence"]]
    assert evidence
    assert all(text[found["start"] : found["end"]] == found["quote"] for found in evidence)


def test_an_empty_file_is_a_judged_zero(tmp_path):
    answer = tmp_path / "nothing.txt"
    answer.write_bytes(b"")
    for arguments in (["star", str(answer)], ["answer", str(answer), "--question", "l1_vs_l2"]):
        document = json.loads(runner.invoke(app, ["grade", *arguments, "--json"]).stdout)
        assert document["overall"] == 0
        assert document["flags"] == ["empty"]


def test_answer_reads_standard_input():
    result = runner.invoke(
        app, ["grade", "answer", "-", "--question", "l1_vs_l2", "--json"], input="L1 makes some weights exactly zero."
    )
    document = json.loads(result.stdout)
    assert document["overall"] > 0


def asked(item_id: int, question: str, answer: str) -> dict[str, object]:
    return {"id": item_id, "kind": "technical", "question": question, "answer": answer}


def test_batch_keeps_the_order_and_names_the_question_it_took(tmp_path):
    items = [
        asked(7, "When is L1 used and when L2 regularisation?", "L1 for zeros."),
        {"id": "b", "kind": "star", "question": "", "answer": ""},
        asked(3, "Who painted the ceiling?", "A painter from Florence did it."),
        {**asked(1, "Cost?", "It is quadratic in the length."), "key_points": ["It is quadratic in the length."]},
    ]
    source, target = tmp_path / "items.jsonl", tmp_path / "scores.jsonl"
    source.write_text("\n".join(json.dumps(item) for item in items), encoding="utf-8")
    result = runner.invoke(app, ["grade", "batch", str(source), "--output", str(target)])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [7, "b", 3, 1]
    assert all(set(line) == {"id", "overall", "band", "criteria", "flags"} for line in lines)
    assert "question:l1_vs_l2" in lines[0]["flags"]
    assert lines[1]["overall"] == 0
    assert lines[2]["overall"] is None
    assert lines[3]["overall"] > 4


@pytest.mark.parametrize("data", [b"\x00\x01\x02binary", None])
def test_what_cannot_be_read_exits_with_two(tmp_path, monkeypatch, capsys, data):
    answer = tmp_path / "answer.bin"
    if data is not None:
        answer.write_bytes(data)
    assert run_main(monkeypatch, "grade", "star", str(answer)) == 2
    assert "answer.bin" in capsys.readouterr().err


def test_an_unknown_question_and_a_broken_line_exit_with_two(tmp_path, monkeypatch, capsys):
    answer = tmp_path / "a.txt"
    answer.write_text("Something.", encoding="utf-8")
    assert run_main(monkeypatch, "grade", "answer", str(answer), "--question", "l1_vs_l3") == 2
    assert "l1_vs_l2" in capsys.readouterr().err
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": 1, "kind": "technical", "answer": "x"}\n{"id": 2}\n', encoding="utf-8")
    assert run_main(monkeypatch, "grade", "batch", str(items)) == 2
    assert "items.jsonl:2" in capsys.readouterr().err


def test_calibration_is_written_and_used(tmp_path, home):
    reference = "Units are switched off at random in training."
    told = [
        ("Units are switched off at random during training.", 1.0),
        ("Some units are turned off.", 0.9),
        ("It is a way of making the data larger by rotation of images.", 0.5),
    ]
    rows = [
        {"group": str(i % 4), "question": "What is dropout?", "reference": reference, "answer": answer, "grade": grade}
        for i, (answer, grade) in enumerate(told * 8)
    ]
    graded = tmp_path / "graded.jsonl"
    graded.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    result = runner.invoke(app, ["calibrate", str(graded), "--json"])
    document = json.loads(result.stdout)
    assert document["error_after"] <= document["error_before"]
    assert json.loads((home / "calibration.json").read_text(encoding="utf-8"))["answers"] == document["answers"]
    assert sum(document["weights"].values()) == pytest.approx(1.0, abs=1e-3)

    answer = tmp_path / "answer.txt"
    answer.write_text("L2 adds the squared weights to the loss, so every weight shrinks.", encoding="utf-8")
    graded_now = runner.invoke(app, ["grade", "answer", str(answer), "--question", "l1_vs_l2", "--json"])
    trace = " ".join(json.loads(graded_now.stdout)["trace"])
    assert f"× {document['weights']['amount']:.2f}" in trace
    assert "calibrated on 24 graded answers" in trace
    assert f"the threshold is {document['threshold']:.2f}" in trace


def test_too_few_graded_answers_are_an_error_with_a_hint(tmp_path, home, monkeypatch, capsys):
    row = {"group": "a", "question": "What is dropout?", "reference": "Units are left out.", "answer": "x", "grade": 1}
    graded = tmp_path / "graded.jsonl"
    graded.write_text("\n".join([json.dumps(row)] * 19), encoding="utf-8")
    assert run_main(monkeypatch, "calibrate", str(graded)) == 2
    told = capsys.readouterr().err
    assert "19 graded answers" in told
    assert "20" in told


def test_a_promoted_rubric_is_used_by_every_command_that_grades(tmp_path, home):
    story = (
        "The search failed for 8% of users. I traced it and fixed the parser. In the end failures fell from 8% to 1%."
    )
    answer, items = tmp_path / "story.txt", tmp_path / "items.jsonl"
    answer.write_text(story, encoding="utf-8")
    items.write_text(json.dumps({"id": 1, "kind": "star", "question": "", "answer": story}), encoding="utf-8")

    def overalls() -> list[float]:
        star = json.loads(runner.invoke(app, ["grade", "star", str(answer), "--json"]).stdout)["overall"]
        asked = ["grade", "answer", str(answer), "--question", "production_issue", "--json"]
        as_asked = json.loads(runner.invoke(app, asked).stdout)
        target = tmp_path / "scores.jsonl"
        assert runner.invoke(app, ["grade", "batch", str(items), "--output", str(target)]).exit_code == 0
        assert as_asked["versions"]["rubric"].startswith("star@")
        return [star, as_asked["overall"], json.loads(target.read_text(encoding="utf-8"))["overall"]]

    before = overalls()
    rubric = Library.load().rubrics["star"].model_dump(mode="json")
    for criterion in rubric["criteria"]:
        criterion["weight"] = 50.0 if criterion["id"] == "reflection" else 1.0
    path = tmp_path / "star.yaml"
    path.write_text(yaml.safe_dump(rubric | {"version": 71}), encoding="utf-8")
    assert runner.invoke(app, ["canary", "start", str(path)]).exit_code == 0
    assert overalls() == before  # on trial it counts for nothing
    assert runner.invoke(app, ["canary", "promote", "--force"]).exit_code == 0
    assert all(after < was for after, was in zip(overalls(), before, strict=True))


GRADED_AT_FIVE = '{"group": "a", "question": "q", "reference": "r", "answer": "a", "grade": 5}'


@pytest.mark.parametrize(
    ("line", "named"),
    [('{"question": "q"}', "group"), ("{", "JSON"), ('{"grade": 5}', "group"), (GRADED_AT_FIVE, "grade")],
)
def test_a_line_that_is_no_graded_answer_says_what_is_wrong_with_it(tmp_path, monkeypatch, capsys, line, named):
    graded = tmp_path / "graded.jsonl"
    graded.write_text(line + "\n", encoding="utf-8")
    assert run_main(monkeypatch, "calibrate", str(graded)) == 2
    told = capsys.readouterr().err
    assert named in told.partition("\n")[0]
    assert "group (the question's name)" in told


@pytest.mark.parametrize(
    ("command", "slug", "told"),
    [
        ("code", "ridge_gradients", "interviewer grade derivation ridge_gradients"),
        ("derivation", "ridge", "interviewer grade code ridge"),
    ],
)
def test_a_slug_of_the_other_kind_names_the_command_for_it(tmp_path, monkeypatch, capsys, command, slug, told):
    assert run_main(monkeypatch, "grade", command, slug, str(tmp_path / "answer.py")) == 2
    assert told in capsys.readouterr().err
