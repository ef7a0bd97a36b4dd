from __future__ import annotations

import numpy as np
import pytest

from evaluators.coding.compare import difference, same, shape_message


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (np.array([1.0, 2.0]), [1.0, 2.00001]),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (2.5, np.float32(2.5)),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.0])),
        ((np.zeros(2), 1.0), [np.zeros(2), np.array(1.0)]),
        ([(np.array([0]), np.array([1, 2]))], [[[0], [1, 2]]]),
        (["a", "b"], np.array(["a", "b"])),
        (1.5, np.array([[1.5]])),
        ((np.zeros(2), np.ones(2)), np.array([[0.0, 0.0], [1.0, 1.0]])),
        ({"a": 1.0}, {"a": 1.0}),
        (None, None),
    ],
)
def test_same(expected: object, got: object) -> None:
    assert same(expected, got)


@pytest.mark.parametrize(
    ("expected", "got", "said", "structural"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.1]), "at [1] expected 2, got 2.1", False),
        (np.array([100_000]), np.array([100_001]), "expected 100000, got 100001", False),
        (np.array([1.0, 2.0]), np.array([1.0, np.nan]), "nan appears", False),
        (np.array([1.0, 2.0]), np.array([1.0, np.inf]), "inf appears", False),
        (np.zeros((2, 3)), np.float64(0.0), "should have shape (2, 3), got ()", True),
        (np.zeros(2), None, "is a return missing?", True),
        (np.zeros(2), "zeros", "should be an array of shape (2,)", True),
        (np.zeros((2, 2)), [[0.0], [0.0, 0.0]], "should be an array", True),
        ((1.0, 2.0), 1.0, "a sequence of 2 values", True),
        (
            (np.zeros((2, 3)), np.zeros(3)),
            np.zeros((2, 3)),
            "a sequence of 2 values; got an array of shape (2, 3)",
            True,
        ),
        (np.array([1.0, 2.0]), np.array([[1.0, 2.0]]), "keepdims?); the numbers themselves are right", True),
        (np.array([[1.0, 2.0]]), np.array([[1.0], [2.0]]), "the numbers themselves are right", True),
        (np.array([1.0, 2.0]), np.array([[3.0, 2.0]]), "is left over (keepdims?)", True),
        ((1.0, 2.0), (1.0, 2.0, 3.0), "should have 2 parts, got 3", True),
        ({"a": 1.0}, {"b": 1.0}, "a dict with the keys 'a'", True),
        (None, 0.0, "should be None", True),
        ("a", "b", "expected", False),
        (np.zeros(2), np.zeros(2, dtype=complex), "should be an array", True),
    ],
)
def test_difference_says_what_and_where(expected: object, got: object, said: str, structural: bool) -> None:
    found = difference(expected, got)
    assert found is not None
    if said != "expected":
        assert said in found.message
    assert found.structural is structural


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        ((3, 2), (2, 3), "opposite order"),
        ((2, 3, 4), (2, 4, 3), "the right axes in another order"),
        ((3,), (3, 1), "keepdims"),
        ((3,), (3, 4), "an axis was not reduced"),
        ((3, 1), (3,), "an axis of length 1 was dropped"),
        ((3, 4), (3,), "one axis too many"),
        ((3, 4), (3, 5), "axis 1 is 5 instead of 4"),
    ],
)
def test_shapes_are_explained_by_axes(expected: tuple[int, ...], got: tuple[int, ...], said: str) -> None:
    assert said in shape_message(expected, got)
