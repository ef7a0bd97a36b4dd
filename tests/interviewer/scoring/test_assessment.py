"""One text as the whole answer to a question: every round has its way, and code in it is run."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evaluators.reliability.calibration import Calibration
from interviewer.assembly import Parts
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.settings import Settings

CODE = """I subtract the maximum first, for exp of a large number overflows; the quotient does not change, since the
factor cancels out of numerator and denominator.

```python
import numpy as np

def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
```
"""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with closing(Parts(Settings(home=tmp_path_factory.mktemp("home")))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "criterion"),
    [
        ("a_failure", "result"),
        ("design_feature_store", "requirements"),
        ("proud_project", "relevance"),
        ("l1_vs_l2", "penalties"),
    ],
)
def test_every_round_is_scored_by_its_own_rubric(parts: Parts, question: str, criterion: str) -> None:
    answer = "I built the feature store last year and cut the skew between training and serving from 9% to 1%."
    score = parts.assessor().grade(parts.library().question(question), answer)
    assert score.overall is not None
    assert criterion in {c.criterion for c in score.criteria}


@pytest.mark.parametrize("question", ["production_issue", "background_in_ml", "design_fraud_detection", "l1_vs_l2"])
def test_a_rubrics_sample_pasted_as_an_answer_is_capped_and_named(parts: Parts, question: str) -> None:
    asked = parts.library().question(question)
    score = parts.assessor().grade(asked, parts.library().rubric_for(asked).strong.answer)
    assert "sample_pasted" in score.flags
    assert score.overall is not None
    assert score.overall <= 1.0


def test_code_in_an_answer_is_run_and_the_words_around_it_are_read(parts: Parts) -> None:
    score = parts.assessor().grade(parts.library().question("code_softmax"), CODE)
    found = {c.criterion: c for c in score.criteria}
    assert found["correctness"].score == 5
    assert len(found) > 1
    assert all(CODE[e.start : e.end] == e.quote for c in score.criteria for e in c.evidence)


def test_words_without_code_are_shown_and_make_no_score(parts: Parts) -> None:
    score = parts.assessor().grade(parts.library().question("code_softmax"), CODE.partition("```")[0])
    assert score.overall is None
    assert "no code" in score.reason
    assert score.criteria


def test_an_empty_answer_to_a_coding_question_is_a_judged_zero(parts: Parts) -> None:
    assert parts.assessor().grade(parts.library().question("code_softmax"), " \n").overall == 0


def test_a_persons_calibration_moves_technical_scores(parts: Parts) -> None:
    question = parts.library().question("l1_vs_l2")
    answer = (
        "L1 adds the absolute values of the weights to the loss and makes some exactly zero; L2 adds their squares."
    )
    plain = parts.assessor().grade(question, answer).overall
    kinder = Calibration(slope=1, intercept=1, answers=20, error_before=1, error_after=0.5)
    absent: Any = None
    with ThreadPoolExecutor(1) as pool:
        assessor = OfflineAssessor(parts.library(), parts.encoder, absent, pool, calibration=kinder)
        moved = assessor.grade(question, answer).overall
    assert plain is not None
    assert moved == pytest.approx(plain + 1, abs=0.01)


@pytest.mark.parametrize("question", ["l1_vs_l2", "design_feature_store", "proud_project", "code_softmax"])
def test_a_persons_votes_count_wherever_key_points_are_scored(parts: Parts, question: str) -> None:
    asked = parts.library().question(question)
    answer = CODE if asked.exercise else " ".join(point.text.replace(" the ", " a ") for point in asked.key_points[:3])
    figures = {"slope": 1, "intercept": 0, "answers": 20, "error_before": 1, "error_after": 0.5}
    blind = Calibration.model_validate({**figures, "weights": {"nobody": 1.0}})
    with ThreadPoolExecutor(1) as pool:
        grade = OfflineAssessor(parts.library(), parts.encoder, parts.grader, pool, calibration=blind).grade
        own, shipped = grade(asked, answer), parts.assessor().grade(asked, answer)
    assert sum(c.score or 0 for c in own.criteria) < sum(c.score or 0 for c in shipped.criteria)


def test_a_damaged_calibration_is_named(tmp_path: Path) -> None:
    from knowledge.errors import ContentError

    (tmp_path / "calibration.json").write_text("{")
    with closing(Parts(Settings(home=tmp_path))) as opened, pytest.raises(ContentError, match=r"calibration\.json"):
        opened.assessor()
