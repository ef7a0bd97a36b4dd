from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from evaluators.reference.weights import read_safetensors
from knowledge.errors import UnreadableError


def test_tensors_come_back_as_they_were_saved(tmp_path: Path) -> None:
    saved = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "scalar": np.array(7, dtype=np.int64),
        "half": np.ones((2, 0), np.float16),
    }
    save_file(saved, tmp_path / "w.safetensors", metadata={"format": "np"})
    found = read_safetensors(tmp_path / "w.safetensors")
    assert found.keys() == saved.keys()
    for name, value in saved.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype
    with pytest.raises(ValueError, match="read-only"):
        found["a"][0, 0] = 1.0


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_other_file_is_refused_with_one_kind_of_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "other"
    path.write_bytes(raw)
    try:
        read_safetensors(path)
    except UnreadableError:
        return
    assert raw[8:].lstrip().startswith(b"{")  # an empty header is a file without tensors


@pytest.mark.parametrize(
    "header",
    [
        b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}',
        b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}',
        b'{"a":{"shape":[1]}}',
        b'["a"]',
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "lies"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(UnreadableError):
        read_safetensors(path)
