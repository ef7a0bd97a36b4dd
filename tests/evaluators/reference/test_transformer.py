from __future__ import annotations

import numpy as np
import pytest
import torch

from evaluators.reference.attention import (
    padding_mask,
)
from evaluators.reference.transformer import encoder_layer, encoder_layer_parameters

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layer_equals_pytorch(norm_first: bool) -> None:
    parameters = {
        name: value + 0.1 * _n(*value.shape) for name, value in encoder_layer_parameters(draws, "layer", 8, 16).items()
    }
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    names = {
        "self_attn.in_proj": "qkv",
        "self_attn.out_proj": "project",
        "linear1": "expand",
        "linear2": "contract",
    }
    state = {}
    for their, our in names.items():
        joint = "_" if their.endswith("in_proj") else "."
        state[f"{their}{joint}weight"] = torch.tensor(parameters[f"layer.{our}.weight"].T)
        state[f"{their}{joint}bias"] = torch.tensor(parameters[f"layer.{our}.bias"])
    for name in ("norm1", "norm2"):
        state[f"{name}.weight"] = torch.tensor(parameters[f"layer.{name}.gamma"])
        state[f"{name}.bias"] = torch.tensor(parameters[f"layer.{name}.beta"])
    theirs.load_state_dict(state)
    x = _n(3, 5, 8)
    lengths = np.array([5, 3, 4])
    outside = torch.arange(5) >= torch.tensor(lengths)[:, None]
    expected = theirs.train()(torch.tensor(x), src_key_padding_mask=outside).detach().numpy()
    found = encoder_layer(parameters, "layer", x, 2, padding_mask(lengths, 5), eps=1e-5, norm_first=norm_first)
    inside = ~outside.numpy()
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-10)
