"""Values survive the wire, and nothing that arrives can do more than be refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluators.sandbox.inside import wire

DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "?"]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXT
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXT | st.integers(-5, 5), inner, max_size=3)
    ),
    max_leaves=8,
)
JSON = st.recursive(
    SCALARS | st.sampled_from(["a", "s", "l", "t", "d", "f8"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("aslt d"), inner, max_size=2),
)


def there_and_back(value: Any) -> Any:
    payload: list[bytes] = []
    text = json.dumps({"value": wire.to_wire(value, payload)})
    reader = wire.Reader(b"".join(payload))
    back = reader.value(wire.header_of(text.encode())["value"])
    reader.finish()
    return back


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


@settings(deadline=None)
@given(VALUES)
def test_values_survive(value: Any) -> None:
    assert same(there_and_back(value), value)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_header_or_refused(text: bytes) -> None:
    with contextlib.suppress(wire.MalformedError):
        assert isinstance(wire.header_of(text), dict)


@settings(deadline=None)
@given(JSON, st.binary(max_size=64))
def test_any_form_is_a_value_or_refused(form: Any, payload: bytes) -> None:
    reader = wire.Reader(payload)
    try:
        value = reader.value(form)
    except wire.MalformedError:
        return
    assert same(there_and_back(value), value)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (range(3), [0, 1, 2]),
        ({np.int64(1): 2}, {1: 2}),
    ],
)
def test_numpy_scalars_become_pythons(value: Any, back: Any) -> None:
    assert same(there_and_back(value), back)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (np.arange(6).reshape(2, 3).T, np.arange(6).reshape(2, 3).T),
        (np.arange(3, dtype=">f8"), np.arange(3.0)),
        (np.arange(3, dtype="u4"), np.arange(3)),
        (np.array([["a", "bcd"]]), np.array([["a", "bcd"]])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array(2.0), np.array(2.0)),
        (np.ma.masked_array([1.0, 2.0], [False, True]), np.array([1.0, 2.0])),
    ],
)
def test_arrays_keep_shape_and_numbers(value: Any, back: Any) -> None:
    result = there_and_back(value)
    assert type(result) is np.ndarray
    assert result.dtype == back.dtype
    assert result.shape == back.shape
    assert np.array_equal(result, back)


def test_what_arrives_can_be_written_to() -> None:
    there_and_back(np.zeros(3))[0] = 1
    there_and_back(np.zeros(3, bool))[0] = True


def test_a_boolean_byte_is_true_or_false() -> None:
    array = wire.Reader(b"\x02\x00\xff").value({"a": ["b1", [3]]})
    assert (array.astype(int)).tolist() == [1, 0, 1]


def test_bytes_left_over_are_refused() -> None:
    reader = wire.Reader(b"123")
    reader.value(None)
    with pytest.raises(wire.MalformedError):
        reader.finish()


def test_text_is_made_safe_to_print() -> None:
    assert wire.Reader(b"").value("\ud800a\x1b[31m\x07\n\tb\x9b") == "?a[31m\n\tb"
