"""Denial by clause: what is the opposite of a statement, and what only has a "no" in it."""

from __future__ import annotations

import pytest

from evaluators.text.polarity import denied, opposed

OPPOSITE = [
    ("Dropout is switched off at test time.", "Dropout is not switched off at test time."),
    ("The gradient vanishes in deep networks.", "It is not true that the gradient vanishes in deep networks."),
    ("L2 sets weights exactly to zero", "L2 never makes weights exactly zero, so it cannot select features."),
    ("Adam needs more memory than SGD.", "Adam needs less memory than SGD."),
]
SAME = [
    ("Lasso has no closed form", "Lasso has no closed form because the penalty is not differentiable at zero."),
    ("Dividing keeps the softmax from saturating", "Without the division the softmax saturates."),
    ("SGD needs less memory than Adam.", "Adam needs more memory than SGD."),
    ("Adam is fast", "Adam is not only fast but robust"),
    ("The battery is not in a closed path", "The bulb is in a closed path but the battery is not."),
    ("The cookies are not pure sugar.", "No the cookies are not pure sugar."),
    ("The mean is shifted by outliers.", "If there are no outliers, fine; else the mean is shifted by outliers."),
]


@pytest.mark.parametrize(("statement", "claim"), OPPOSITE)
def test_a_denied_or_turned_statement_is_opposed(statement, claim):
    assert opposed(statement, claim)
    assert opposed(claim, statement)


@pytest.mark.parametrize(("statement", "claim"), SAME)
def test_a_no_elsewhere_is_no_contradiction(statement, claim):
    assert not opposed(statement, claim)


def test_a_denial_reaches_its_own_clause_only():
    no, yes = denied("The weights are not sparse, but the penalty shrinks them.")
    assert "spars" in " ".join(no)
    assert {"penalty", "shrink"} & yes
    assert not {"penalty", "shrink"} & no
