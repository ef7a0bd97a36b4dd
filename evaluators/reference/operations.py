"""The layers as operations on tensors: each pairs a file's forward pass with its backward pass.

Called with plain arrays they compute and remember nothing, which is how a trained model serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evaluators.reference import activations, positions
from evaluators.reference import softmax as softmaxes
from evaluators.reference.attention import (
    attention_backward,
    attention_forward,
    self_attention_backward,
    self_attention_forward,
)
from evaluators.reference.autograd import differentiable
from evaluators.reference.batch_norm import batch_norm_backward, batch_norm_forward
from evaluators.reference.blockwise_attention import blockwise_attention_backward, blockwise_attention_forward
from evaluators.reference.convolution import conv2d_backward, conv2d_forward, max_pool_backward, max_pool_forward
from evaluators.reference.dropout import dropout_backward, dropout_forward
from evaluators.reference.layer_norm import layer_norm_backward, layer_norm_forward
from evaluators.reference.linear import embedding_backward, embedding_forward, linear_backward, linear_forward
from evaluators.reference.recurrent import lstm_backward, lstm_forward, rnn_backward, rnn_forward

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluators.reference.arrays import Array


def _from_input(function: Callable[[Array], Array], backward: Callable[[Array, Array], Array]) -> Any:
    """Return an element-wise operation whose derivative is written in terms of its input."""
    return differentiable(lambda x: (function(x), x), lambda dout, x: (backward(dout, x),))


def _from_output(function: Callable[[Array], Array], backward: Callable[[Array, Array], Array]) -> Any:
    """Return an element-wise operation whose derivative is written in terms of its output."""

    def forward(x: Array) -> tuple[Array, Array]:
        out = function(x)
        return out, out

    return differentiable(forward, lambda dout, out: (backward(dout, out),))


def _gelu(x: Array) -> tuple[Array, Any]:
    out, phi = activations.gelu_forward(x)
    return out, (x, phi)


def _softmax(x: Array, axis: int = -1) -> tuple[Array, Any]:
    out = softmaxes.softmax(x, axis)
    return out, (out, axis)


def _log_softmax(x: Array, axis: int = -1) -> tuple[Array, Any]:
    out = softmaxes.log_softmax(x, axis)
    return out, (out, axis)


relu = _from_input(activations.relu, activations.relu_backward)
leaky_relu = _from_input(activations.leaky_relu, activations.leaky_relu_backward)
silu = _from_input(activations.silu, activations.silu_backward)
sigmoid = _from_output(activations.sigmoid, activations.sigmoid_backward)
tanh = _from_output(np.tanh, activations.tanh_backward)
gelu = differentiable(_gelu, lambda dout, cache: (activations.gelu_backward(dout, *cache),))

softmax = differentiable(_softmax, lambda dout, cache: (softmaxes.softmax_backward(dout, *cache),))
log_softmax = differentiable(_log_softmax, lambda dout, cache: (softmaxes.log_softmax_backward(dout, *cache),))
cross_entropy = differentiable(softmaxes.cross_entropy_forward, softmaxes.cross_entropy_backward)

linear = differentiable(linear_forward, linear_backward)
embedding = differentiable(embedding_forward, embedding_backward)
layer_norm = differentiable(layer_norm_forward, layer_norm_backward)
batch_norm = differentiable(batch_norm_forward, batch_norm_backward)
dropout = differentiable(dropout_forward, dropout_backward)
conv2d = differentiable(conv2d_forward, conv2d_backward)
max_pool = differentiable(max_pool_forward, max_pool_backward)
rnn = differentiable(rnn_forward, rnn_backward)
lstm = differentiable(lstm_forward, lstm_backward)
attention = differentiable(attention_forward, attention_backward)
self_attention = differentiable(self_attention_forward, self_attention_backward)
blockwise_attention = differentiable(blockwise_attention_forward, blockwise_attention_backward)
rotate = differentiable(
    lambda x, where: (positions.rotate(x, where), where),
    lambda dout, where: (positions.rotate_backward(dout, where), None),
)
