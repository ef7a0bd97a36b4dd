"""The measurement of the scorer: agreement, what it is compared with, false alarms, attacks, and odd files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluators.reference.minilm import MiniLM
from evaluators.reliability import attacks
from interviewer.bench.scoring import AGAIN, Graded, ScoringReport, SetReport, measure_set, read, table
from interviewer.cli import app
from knowledge.errors import ContentError

# Per question: reference, then answers with their grade; the better ones say more of the reference in other words.
QUESTIONS = {
    "What does dropout do?": (
        "It sets random activations to zero in training, so that units cannot rely on each other; later all are kept.",
        [
            (
                "Random units are switched off in training, so none can depend on another; at test time all stay.",
                1,
            ),
            ("It zeroes some activations while training.", 0.5),
            ("It makes the learning rate smaller.", 0),
        ],
    ),
    "What is a p-value?": (
        "The probability, if the null hypothesis holds, of data at least as extreme as those that were observed.",
        [
            ("How likely data this extreme or more would be if the null hypothesis were true.", 1),
            ("How likely such data are by chance.", 0.5),
            ("It counts the parameters of the model.", 0),
        ],
    ),
    "Why are features scaled before k-means?": (
        "K-means uses Euclidean distances, so a feature with a large range would decide the clusters alone.",
        [
            (
                "Distances are Euclidean, and without scaling the feature with the largest range decides the clusters.",
                1,
            ),
            ("Because of the distances.", 0.5),
            ("So that the labels are balanced.", 0),
        ],
    ),
}
ROWS = [
    Graded(
        group=question, question=question, reference=reference, answer=answer, grade=grade,
        grader1=grade, grader2=max(0.0, grade - 0.1 * (number % 2)),
    )
    for number, (question, (reference, answers)) in enumerate(QUESTIONS.items())
    for answer, grade in answers
]  # fmt: skip


@pytest.fixture(scope="module")
def report() -> SetReport:
    return measure_set("tiny", ROWS, MiniLM.load())


def test_better_answers_get_more_and_nothing_that_is_right_is_stopped(report: SetReport) -> None:
    assert report.questions == 3
    assert report.scores.answers == 9
    assert report.scores.pearson > 0.7
    assert report.scores.within == 1.0
    assert report.false_alarms == 0.0
    assert report.unscored == 0
    assert report.people is not None
    assert report.people > 0.9
    assert report.calibrated_error is None  # twenty answers to fit the scale, and others to measure it on, are too many


def test_everything_one_would_try_first_stands_beside_it(report: SetReport) -> None:
    assert set(report.baselines) == {"cosine", "TF-IDF", "length", "mean grade"}
    assert report.baselines["mean grade"] is None
    assert all(-1 <= value <= 1 for value in report.baselines.values() if value is not None)
    assert report.mean_grade_error == pytest.approx(5 * (1 / 6) ** 0.5)


def test_every_family_of_attacks_is_counted(report: SetReport) -> None:
    assert set(report.passes) == set(attacks.FAMILIES)
    assert all(report.passes[family] == 0 for family in ("question copied", "filler", "gibberish", "injection"))


def test_the_same_answers_are_drawn_every_time() -> None:
    drawn = [measure_set("tiny", ROWS, MiniLM.load(), answers=5).scores for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0].answers == 5


def test_the_table_says_all_of_it(report: SetReport) -> None:
    told = table(ScoringReport(encoder="some", sets=(report,), bank=dict.fromkeys(attacks.FAMILIES, 0.0)))
    head, _, row = told.splitlines()[:3]
    assert head.count("|") == row.count("|")
    assert f"first {AGAIN} answers of each set: the same numbers on every set" in told
    assert all(f"| {family} |" in told for family in attacks.FAMILIES)
    changed = table(ScoringReport(encoder="some", sets=(report.model_copy(update={"repeats": False}),)))
    assert "not the same numbers on tiny" in changed


def test_the_command_prints_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interviewer.bench.scoring.bank_passes", lambda encoder: {"filler": 0.0})
    (tmp_path / "tiny.jsonl").write_text("".join(row.model_dump_json() + "\n" for row in ROWS), encoding="utf-8")
    done = CliRunner().invoke(app, ["bench", "scoring", "--data", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["sets"]] == ["tiny"]
    assert told["bank"] == {"filler": 0.0}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "2: this is not JSON"),
        (json.dumps({"group": "a", "question": "b", "reference": "c", "answer": "d", "grade": 3}), "2: grade"),
        (json.dumps({"group": "a", "question": "b", "reference": "c", "grade": 1}), "2: answer"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "graded.jsonl"
    file.write_text(f"{ROWS[0].model_dump_json()}\n{line}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=says):
        read(file)
