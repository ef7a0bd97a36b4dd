from __future__ import annotations

import numpy as np
import pytest
import torch

from evaluators.reference.recurrent import lstm_backward, lstm_forward

draws = np.random.default_rng(0)


def test_a_sequence_in_two_pieces_is_the_sequence() -> None:
    x, wx, wh, bias = (draws.normal(size=shape) for shape in ((2, 6, 3), (3, 16), (4, 16), (16,)))
    whole, _ = lstm_forward(x, wx, wh, bias)
    first, cache = lstm_forward(x[:, :4], wx, wh, bias)
    second, _ = lstm_forward(x[:, 4:], wx, wh, bias, first[:, -1], cache[-1])
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole)


@pytest.mark.parametrize("forget", [-3.0, 3.0])
def test_an_open_forget_gate_carries_the_gradient_over_many_steps(forget: float) -> None:
    """What the LSTM is for: with the gate closed the first input is forgotten, with it open it is not."""
    x, wx, wh = draws.normal(size=(1, 60, 2)), draws.normal(size=(2, 12)) * 0.1, np.zeros((3, 12))
    bias = np.zeros(12)
    bias[3:6] = forget
    states, cache = lstm_forward(x, wx, wh, bias)
    dstates = np.zeros_like(states)
    dstates[:, -1] = 1.0
    dx = lstm_backward(dstates, cache)[0]
    share = np.abs(dx[0, 0]).max() / np.abs(dx[0, -1]).max()
    assert (share > 0.01) == (forget > 0)


def test_single_precision_equals_pytorchs_cell() -> None:
    cell = torch.nn.LSTM(5, 7, batch_first=True)
    x = draws.normal(size=(3, 11, 5)).astype(np.float32)
    wx, wh = cell.weight_ih_l0.detach().numpy().T, cell.weight_hh_l0.detach().numpy().T
    bias = (cell.bias_ih_l0 + cell.bias_hh_l0).detach().numpy()
    expected = cell(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(lstm_forward(x, wx, wh, bias)[0], expected, atol=1e-6)
