"""From criteria to a number: what caps the number caps its band."""

from __future__ import annotations

from evaluators.combine import Total, apply_caps, apply_flag_caps, apply_hints, finish
from evaluators.score import Score
from evaluators.text.gates import Finding
from knowledge.library import Library
from knowledge.models import Cap, FlagCap

RUBRIC = (
    Library.load()
    .rubrics["technical"]
    .model_copy(
        update={"hint_caps": (3.2, 2.2), "flag_caps": (FlagCap(flag="no_story", overall=1.5, reason="No story."),)}
    )
)


def made(value: float, *caps: Cap, cap: float = 5.0) -> Score:
    total = Total(value)
    apply_caps(total, caps, {"core": 2})
    findings = [Finding("keyword_list", "cap", "Keywords.", cap)] if cap < 5 else []
    return finish(total, (), findings)


def test_the_band_of_a_capped_number_ends_at_the_cap() -> None:
    cap = Cap(criterion="core", at_most=2, overall=3.5, reason="Only touched.")
    for value, overall in ((5.0, 3.5), (3.4, 3.4)):
        score = made(value, cap)
        assert (score.overall, score.ceiling) == (overall, 3.5)
        assert score.band == (round(overall - 0.5, 2), 3.5)
    assert made(3.4).band == (2.9, 3.9)
    assert made(3.4, cap.model_copy(update={"at_most": 1})).band == (2.9, 3.9)


def test_a_gate_and_the_lowest_cap_hold_the_band_too() -> None:
    cap = Cap(criterion="core", at_most=2, overall=3.5, reason="Only touched.")
    score = made(5.0, cap, cap=1.0)
    assert (score.overall, score.band, score.ceiling) == (1.0, (0.5, 1.0), 1.0)


def test_hints_and_flags_hold_the_band_of_a_lower_number_too() -> None:
    hinted = apply_hints(made(3.0), 1, RUBRIC)
    assert (hinted.overall, hinted.band, hinted.ceiling) == (3.0, (2.5, 3.2), 3.2)
    assert apply_hints(made(3.0), 7, RUBRIC).overall == 2.2
    flagged = apply_flag_caps(made(3.0).model_copy(update={"flags": ("no_story",)}), RUBRIC)
    assert (flagged.overall, flagged.band, flagged.trace[-1]) == (1.5, (1.5, 1.5), "at most 1.5: No story.")
