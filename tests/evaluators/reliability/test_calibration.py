from __future__ import annotations

import numpy as np
import pytest

from evaluators.reliability import calibration
from evaluators.score import Score
from knowledge.errors import ContentError, InputError

RNG = np.random.default_rng(1)
GRADES = np.clip(RNG.normal(4, 0.8, 30), 0, 5)
SCORES = np.clip((GRADES - 2) * 0.8 + RNG.normal(0, 0.3, 30), 0, 5)


def test_a_lenient_grader_is_met():
    fitted = calibration.fit(SCORES, GRADES)
    assert fitted.error_after < 0.6 < fitted.error_before
    assert fitted.answers == 30


def test_a_grader_who_disagrees_altogether_never_turns_the_scale_round():
    assert calibration.fit(SCORES, GRADES[::-1] * -1 + 5).slope >= 0


def test_nineteen_answers_are_too_few():
    with pytest.raises(InputError, match="19"):
        calibration.fit(SCORES[:19], GRADES[:19])


def test_false_praise_at_a_higher_price_moves_the_threshold_up():
    scores = np.array([1.0, 2.0, 2.5, 3.0, 3.5, 4.0])
    good = np.array([False, True, False, True, False, True])
    assert calibration.threshold(scores, good, price=5.0) > calibration.threshold(scores, good, price=0.2)


def test_what_a_gate_decided_stays():
    fitted = calibration.fit(SCORES, GRADES)
    for overall in (0.0, None):
        score = Score(overall=overall, band=None, engine="offline")
        assert fitted.apply(score) == score


def test_a_lenient_scale_lifts_nothing_over_a_cap():
    fitted = calibration.fit(SCORES, GRADES)
    score = Score(overall=1.9, band=(1.4, 2.0), ceiling=2.0, engine="offline")
    assert fitted.apply(score.model_copy(update={"ceiling": 5.0})).overall > 2.5
    lifted = fitted.apply(score)
    assert (lifted.overall, lifted.band[1]) == (2.0, 2.0)
    assert any(line.startswith("at most 2") for line in lifted.trace)


def test_a_damaged_file_is_named(tmp_path):
    assert calibration.load(tmp_path) is None
    (tmp_path / calibration.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ContentError, match=r"calibration\.json"):
        calibration.load(tmp_path)


def test_a_lenient_scale_does_not_lift_what_says_nothing():
    fitted = calibration.fit(SCORES, GRADES)
    assert fitted.intercept > 1.5
    assert fitted.apply(Score(overall=0.1, band=(0.0, 0.6), engine="offline")).overall < 1.0
    capped = Score(overall=1.0, band=(0.5, 1.5), engine="offline", flags=("word_salad",))
    assert fitted.apply(capped) == capped


def test_answers_that_a_gate_stopped_do_not_bend_the_line():
    clean = calibration.fit(SCORES, GRADES)
    with_stopped = calibration.fit([*SCORES, 0.0, 0.0], [*GRADES, 0.0, 0.0])
    assert with_stopped.slope == clean.slope
    assert with_stopped.answers == clean.answers + 2
