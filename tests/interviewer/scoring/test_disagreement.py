"""Disagreements with people: which, of what kind, and a page on which a stranger's answer stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evaluators.reliability.calibration import FILE, Calibration
from evaluators.score import CriterionScore, Evidence, Score
from interviewer.bench.scoring import Graded
from interviewer.cli import app
from interviewer.scoring.disagreement import Findings, chosen, disagreements
from interviewer.scoring.disagreement_page import render
from knowledge.errors import ContentError, NotFoundError, StorageError

QUESTION = "Why do gradients vanish in a deep network of sigmoids?"
REFERENCE = "The derivative of a sigmoid is at most a quarter, and backpropagation multiplies one for each layer."


def graded(answer: str, grade: float, **more: object) -> Graded:
    fields: dict[str, object] = {"group": "g", "question": QUESTION, "reference": REFERENCE}
    return Graded(**{**fields, "answer": answer, "grade": grade, **more})  # type: ignore[arg-type]


def scored(overall: float | None, answer: str = "x", *flags: str) -> Score:
    evidence = (Evidence(quote=answer[:4], start=0, end=len(answer[:4])),)
    criteria = (CriterionScore(criterion="point", score=3, evidence=evidence, reason="r"),)
    return Score(overall=overall, band=None, criteria=criteria, flags=flags, engine="offline", reason="No number.")


def page_of(rows: list[Graded], scores: list[Score]) -> str:
    report, questions, found = disagreements("set", rows, scores)
    return render(
        Findings(
            encoder="e",
            apart=1.5,
            sets=(report,),
            questions=tuple(questions),
            disagreements=tuple(chosen(found, questions, 99)),
            left_off=0,
        )
    )


def test_each_kind_is_told_apart_and_agreement_is_no_disagreement() -> None:
    rows = [
        graded("praised", 0.0),
        graded("contradicts", 0.0, label="contradictory"),
        graded("stopped", 1.0),
        graded("blamed", 1.0),
        graded("silent", 1.0),
        graded("near", 0.6),
    ]
    scores = [scored(4), scored(4), scored(0, "x", "gibberish"), scored(1), scored(None), scored(3.5)]
    report, (question,), found = disagreements("set", rows, scores)
    kinds = {one.answer: one.kind for one in found}
    assert kinds == {
        "praised": "over-praise",
        "contradicts": "praised contradiction",
        "stopped": "gate false alarm",
        "blamed": "under-praise",
        "silent": "not scored",
    }
    assert report.kinds == question.kinds == dict.fromkeys(kinds.values(), 1)
    assert question.share == pytest.approx(1.0)


def test_leniency_alone_is_no_disagreement() -> None:
    """A grader who gives everybody two points more agrees about who is better."""
    chance = np.random.default_rng(0)
    ours = chance.uniform(0.5, 3.0, 60)
    rows = [graded(f"answer {number}", float((score + 2) / 5)) for number, score in enumerate(ours)]
    scores = [scored(float(score)) for score in ours]
    report, _, found = disagreements("set", rows, scores)
    assert found == []
    assert report.error < 0.3 < 1.9 < report.raw_error
    _, _, raw = disagreements("set", rows, scores, as_scored=True)
    assert {one.kind for one in raw} == {"under-praise"}
    assert len(raw) == 60


def test_graders_who_do_not_agree_themselves_are_marked() -> None:
    rows = [graded("a", 0.0, grader1=0.0, grader2=0.8), graded("b", 0.0, grader1=0.0, grader2=0.1)]
    _, _, found = disagreements("set", rows, [scored(4), scored(4)])
    assert [one.people_apart for one in found] == [True, False]


class Tags(HTMLParser):
    """Every element with its attributes, and the text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = [
    "<script>alert(1)</script>",
    "</div></article></main><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</script><svg onload=alert(1)>",
    "$style $script ${questions} $$",
    "<!-- <b>",
    "right \u202eto left\u202c, a bell \x07 and half a pair \ud800",
]


def test_a_strangers_answer_stays_text() -> None:
    rows = [graded(text, 1.0, group=text, question=text, reference=text) for text in HOSTILE]
    page = page_of(rows, [scored(0.5, text, text) for text in HOSTILE])
    page.encode("utf-8")
    found = Tags(page)
    names = {tag for tag, _ in found.tags}
    assert not names & {"img", "svg", "iframe"}
    assert sum(tag == "script" for tag, _ in found.tags) == 1
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    for text in HOSTILE[:-1]:
        assert text in found.text
    assert "\x07" not in page


def test_only_the_pages_own_script_may_run_and_nothing_is_loaded() -> None:
    page = page_of([graded("a", 1.0)], [scored(0.5)])
    policy = next(a["content"] or "" for tag, a in Tags(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    for kind, part in (("script", "script-src"), ("style", "style-src")):
        (body,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{part} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_the_passages_that_points_rest_on_are_marked() -> None:
    row = graded("One two three.", 0.0)
    evidence = (Evidence(quote="two", start=4, end=7),)
    criteria = (CriterionScore(criterion="p", score=5, evidence=evidence, reason="r"),)
    page = page_of([row], [Score(overall=5, band=None, criteria=criteria, engine="offline")])
    assert "One <mark>two</mark> three." in page


def test_the_command_writes_the_page_and_one_document(tmp_path: Path) -> None:
    answers = [
        ("A quarter at most for the derivative of each sigmoid, and the layers' factors multiply.", 1.0),
        ("The derivative of a sigmoid is at most a quarter, so many layers multiply to nearly nothing.", 0.0),
        ("Cats sleep on warm stones all day.", 1.0),
    ]
    rows = [graded(answer, grade).model_dump() for answer, grade in answers]
    data = tmp_path / "exam.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    page = tmp_path / "page.html"
    run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path), "--output", str(page), "--json"])
    assert run.exit_code == 0, run.output
    document = json.loads(run.stdout)
    kinds = {one["answer"]: one["kind"] for one in document["disagreements"]}
    assert kinds[answers[1][0]] == "over-praise"
    assert kinds[answers[2][0]] in {"under-praise", "gate false alarm"}
    assert "Cats sleep" in Tags(page.read_text(encoding="utf-8")).text


def test_a_calibration_of_ones_own_is_what_disagrees(tmp_path: Path, home: Path) -> None:
    answer = "The derivative of a sigmoid is at most a quarter, so many layers multiply to nearly nothing."
    (tmp_path / "exam.jsonl").write_text(json.dumps(graded(answer, 0.0).model_dump()), encoding="utf-8")
    found = {}
    for slope in (None, 0.5):
        if slope is not None:
            fields = {"intercept": 0, "answers": 20, "error_before": 1, "error_after": 1, "weights": {"amount": 1.0}}
            own = Calibration.model_validate({"slope": slope, **fields})
            (home / FILE).write_text(own.model_dump_json(), encoding="utf-8")
        run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path), "--apart", "0.1", "--json"])
        (found[slope],) = json.loads(run.stdout)["disagreements"]
    assert found[0.5]["raw"] < found[None]["raw"] - 1
    trace = " ".join(found[0.5]["trace"])
    assert "calibrated on 20 graded answers" in trace
    assert "× 1.00" in trace


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path)])
    assert isinstance(run.exception, NotFoundError)
    (tmp_path / "bad.jsonl").write_text("{}\n", encoding="utf-8")
    run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path)])
    assert isinstance(run.exception, ContentError)


def test_every_kind_gets_its_share_and_the_same_words_are_shown_once() -> None:
    """Answers graded all or nothing are always the furthest apart: they would fill the page."""
    rows = [graded(f"Blamed number {number}.", 1.0) for number in range(30)]
    rows += [graded(text, 1.0) for text in ("The same!", "the same", "The  same.")]
    rows += [graded("Praised.", 0.4)]
    scores = [scored(0.2)] * 30 + [scored(0.0)] * 3 + [scored(4.0)]
    _, questions, found = disagreements("set", rows, scores, as_scored=True)
    kept = chosen(found, questions, 4)
    assert {one.kind for one in kept} == {"under-praise", "over-praise"}
    assert [one.times for one in kept if "same" in one.answer.lower()] == [3]
    assert len(kept) == 4
    page = page_of(rows[-4:], scores[-4:])
    assert page.index("Over-praise: 1") < page.index("Under-praise: 3")


def test_a_gate_is_counted_with_what_it_stopped_wrongly() -> None:
    rows = [graded("qwx zvb", 0.0), graded("a good one", 1.0)]
    report, _, _ = disagreements("set", rows, [scored(0, "x", "gibberish"), scored(0, "x", "gibberish", "injection")])
    assert report.gates == {"gibberish": (2, 1)}


def test_a_page_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "exam.jsonl").write_text("not read yet", encoding="utf-8")
    for place in (tmp_path / "no" / "page.html", tmp_path):
        run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path), "--output", str(place)])
        assert isinstance(run.exception, StorageError)


def test_a_question_cannot_command_the_terminal(tmp_path: Path) -> None:
    row = graded("Cats sleep.", 1.0, question="Why\u001b]0;owned\u0007 [bold]do[/bold] gradients vanish?")
    (tmp_path / "exam[red].jsonl").write_text(json.dumps(row.model_dump()), encoding="utf-8")
    run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path)])
    assert run.exit_code == 0, run.output
    assert "\x1b" not in run.output
    assert "exam(red)" in run.output


def test_ctrl_c_leaves_the_page_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exam.jsonl").write_text(json.dumps(graded("Cats sleep.", 1.0).model_dump()), encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text("of before", encoding="utf-8")

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interviewer.scoring.disagreement.TechnicalEvaluator.score_many", interrupted)
    run = CliRunner().invoke(app, ["errors", "--data", str(tmp_path), "--output", str(page)])
    assert run.exit_code == 130
    assert page.read_text(encoding="utf-8") == "of before"
