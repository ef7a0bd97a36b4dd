"""The plain recurrent network and the LSTM, forward and back through time.

Source: Elman 1990, Finding structure in time; Hochreiter & Schmidhuber 1997, Long short-term memory, with the forget
gate of Gers, Schmidhuber & Cummins 2000. Gate order input, forget, candidate, output, as in PyTorch.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.activations import sigmoid
from evaluators.reference.arrays import Array, Cache


def rnn_forward(x: Array, state: Array, wx: Array, wh: Array, bias: Array) -> tuple[Array, Cache]:
    """Return the hidden states `(b, t, h)` of `h_t = tanh(x_t Wx + h_{t-1} Wh + b)`.

    Args:
        x: `(b, t, d)`.
        state: `(b, h)`, the state before the first step.
        wx: `(d, h)`.
        wh: `(h, h)`.
        bias: `(h,)`.
    """
    inputs = np.matmul(x, wx) + bias  # (b, t, h): all steps in one product; only the state has to wait its turn
    states = np.empty_like(inputs)
    previous = state
    for step in range(x.shape[1]):
        previous = np.tanh(inputs[:, step] + previous @ wh)  # (b, h)
        states[:, step] = previous
    return states, (x, state, wx, wh, states)


def rnn_backward(dstates: Array, cache: Cache) -> tuple[Array, ...]:
    """Return the gradients with respect to `x`, `state`, `wx`, `wh` and `bias`."""
    x, state, wx, wh, states = cache
    dinputs = np.empty_like(states)  # (b, t, h)
    carried = np.zeros_like(state)  # (b, h): what later steps say about this state
    for step in reversed(range(x.shape[1])):
        dinputs[:, step] = (dstates[:, step] + carried) * (1.0 - states[:, step] ** 2)
        carried = dinputs[:, step] @ wh.T
    before = np.concatenate([state[:, None], states[:, :-1]], axis=1)  # (b, t, h)
    dwx = np.tensordot(x, dinputs, ((0, 1), (0, 1)))  # (d, h)
    dwh = np.tensordot(before, dinputs, ((0, 1), (0, 1)))  # (h, h)
    return np.matmul(dinputs, wx.T), carried, dwx, dwh, dinputs.sum(axis=(0, 1))


def lstm_step(gates: Array, cell: Array) -> tuple[Array, Array, Cache]:
    """Return the new hidden state and cell `(b, h)` from the gates before their activations `(b, 4h)`.

    `c' = σ(f) · c + σ(i) · tanh(g)`, `h' = σ(o) · tanh(c')`.
    """
    hidden = cell.shape[1]
    active = sigmoid(gates)  # (b, 4h); the candidate's quarter is overwritten
    np.tanh(gates[:, 2 * hidden : 3 * hidden], out=active[:, 2 * hidden : 3 * hidden])
    enter, keep, candidate, leave = np.split(active, 4, axis=1)  # (b, h) each
    new = keep * cell
    new += enter * candidate
    squashed = np.tanh(new)
    return leave * squashed, new, (active, cell, squashed)


def lstm_step_backward(dstate: Array, dcell: Array, cache: Cache) -> tuple[Array, Array]:
    """Return the gradients with respect to the gates `(b, 4h)` and the old cell `(b, h)`."""
    active, cell, squashed = cache
    enter, keep, candidate, leave = np.split(active, 4, axis=1)
    dcell = dcell + dstate * leave * (1.0 - squashed * squashed)
    dgates = np.concatenate(
        [
            dcell * candidate * enter * (1.0 - enter),
            dcell * cell * keep * (1.0 - keep),
            dcell * enter * (1.0 - candidate * candidate),
            dstate * squashed * leave * (1.0 - leave),
        ],
        axis=1,
    )  # (b, 4h)
    return dgates, dcell * keep


def lstm_forward(
    x: Array, wx: Array, wh: Array, bias: Array, state: Array | None = None, cell: Array | None = None
) -> tuple[Array, Cache]:
    """Return the hidden states `(b, t, h)`.

    Args:
        x: `(b, t, d)`.
        wx: `(d, 4h)`.
        wh: `(h, 4h)`.
        bias: `(4h,)`.
        state: `(b, h)` before the first step; zeros if None.
        cell: `(b, h)` before the first step; zeros if None.
    """
    batch, time, _ = x.shape
    hidden = wh.shape[0]
    inputs = np.matmul(x.reshape(batch * time, -1), wx)  # (b·t, 4h)
    inputs += bias
    inputs = inputs.reshape(batch, time, 4 * hidden)
    state = np.zeros((batch, hidden), inputs.dtype) if state is None else state
    cell = np.zeros((batch, hidden), inputs.dtype) if cell is None else cell
    states = np.empty((batch, time + 1, hidden), inputs.dtype)  # the first is the state before
    states[:, 0] = state
    steps = []
    for step in range(time):
        gates = state @ wh  # (b, 4h)
        gates += inputs[:, step]
        state, cell, kept = lstm_step(gates, cell)
        states[:, step + 1] = state
        steps.append(kept)
    return states[:, 1:], (x, wx, wh, states, steps, cell)


def lstm_backward(dstates: Array, cache: Cache) -> tuple[Array, ...]:
    """Return the gradients with respect to `x`, `wx`, `wh` and `bias`."""
    x, wx, wh, states, steps, cell = cache
    batch, time, hidden = dstates.shape
    dgates = np.empty((batch, time, 4 * hidden), dstates.dtype)
    dstate, dcell = np.zeros_like(cell), np.zeros_like(cell)
    for step in reversed(range(time)):
        dgates[:, step], dcell = lstm_step_backward(dstates[:, step] + dstate, dcell, steps[step])
        dstate = dgates[:, step] @ wh.T  # (b, h)
    flat = dgates.reshape(batch * time, -1)  # (b·t, 4h)
    dwx = x.reshape(batch * time, -1).T @ flat  # (d, 4h)
    dwh = states[:, :-1].reshape(batch * time, hidden).T @ flat  # (h, 4h)
    return (flat @ wx.T).reshape(x.shape), dwx, dwh, flat.sum(axis=0)
