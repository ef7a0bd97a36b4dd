"""BERT: a bidirectional encoder, pre-trained by guessing masked tokens, then fine-tuned with a small head.

Every function takes its parameters as arrays (to serve) or tensors (to train); `from_checkpoint` renames those of a
published model.

Source: Devlin et al. 2019, BERT, arXiv:1810.04805; the tied output of the masked-token head, Press & Wolf 2017,
arXiv:1608.05859.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluators.reference import operations as ops
from evaluators.reference.attention import padding_mask
from evaluators.reference.softmax import IGNORED
from evaluators.reference.transformer import Parameters, encoder_layer, encoder_layer_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluators.reference.arrays import Array


@dataclass(frozen=True)
class BertShape:
    """The sizes of a model; the defaults are BERT-base's."""

    vocabulary: int = 30_522
    width: int = 768
    layers: int = 12
    heads: int = 12
    wide: int = 3072
    longest: int = 512


def bert(
    parameters: Parameters, shape: BertShape, ids: Array, lengths: Array | None = None, segments: Array | None = None
) -> Any:
    """Return the states `(b, t, d)` of the last layer.

    Args:
        parameters: arrays or tensors, named as `bert_parameters` names them.
        shape: the model's sizes.
        ids: `(b, t)` token numbers.
        lengths: `(b,)` how many tokens of each row are real; None when all are.
        segments: `(b, t)` 0 or 1, which of two texts a token belongs to; None when there is one text.
    """
    x = ops.embedding(parameters["token"], ids)  # (b, t, d)
    x = x + parameters["position"][: ids.shape[1]]
    x = x + (parameters["segment"][0] if segments is None else ops.embedding(parameters["segment"], segments))
    x = ops.layer_norm(x, parameters["norm.gamma"], parameters["norm.beta"], eps=1e-12)
    mask = None if lengths is None else padding_mask(lengths, ids.shape[1])  # (b, 1, 1, t)
    for index in range(shape.layers):
        x = encoder_layer(parameters, f"layer.{index}", x, shape.heads, mask)
    return x


def masked_token_logits(parameters: Parameters, states: Any) -> Any:
    """Return `(..., vocabulary)`: a dense layer, then the token table itself as the output matrix."""
    hidden = ops.gelu(ops.linear(states, parameters["mlm.weight"], parameters["mlm.bias"]))
    hidden = ops.layer_norm(hidden, parameters["mlm.gamma"], parameters["mlm.beta"], eps=1e-12)
    return ops.linear(hidden, parameters["token"].transpose(), parameters["mlm.offset"])


def class_logits(parameters: Parameters, states: Any) -> Any:
    """Return `(b, classes)` from the state of the first token, through BERT's tanh pooler."""
    pooled = ops.tanh(ops.linear(states[:, 0], parameters["pooler.weight"], parameters["pooler.bias"]))  # (b, d)
    return ops.linear(pooled, parameters["classes.weight"], parameters["classes.bias"])


def mask_tokens(
    ids: Array, draws: np.random.Generator, mask_id: int, vocabulary: int, special: tuple[int, ...], rate: float = 0.15
) -> tuple[Array, Array]:
    """Return corrupted ids and labels: of the chosen 15 %, 80 % become the mask, 10 % a random token, 10 % stay.

    Labels hold the original id where chosen and `IGNORED` elsewhere; special tokens are never chosen.
    """
    chosen = (draws.random(ids.shape) < rate) & ~np.isin(ids, special)
    labels = np.where(chosen, ids, IGNORED)
    fate = draws.random(ids.shape)
    corrupted = np.where(chosen & (fate < 0.8), mask_id, ids)
    swapped = chosen & (fate >= 0.8) & (fate < 0.9)
    return np.where(swapped, draws.integers(0, vocabulary, ids.shape), corrupted), labels


def bert_parameters(shape: BertShape, draws: np.random.Generator, classes: int = 2) -> dict[str, Array]:
    """Return fresh parameters of the encoder and both heads, float32."""

    def normal(*sizes: int) -> Array:
        return draws.normal(0.0, 0.02, sizes).astype(np.float32)

    def zeros(size: int) -> Array:
        return np.zeros(size, np.float32)

    width = shape.width
    parameters = {
        "token": normal(shape.vocabulary, width),
        "position": normal(shape.longest, width),
        "segment": normal(2, width),
        "norm.gamma": np.ones(width, np.float32),
        "norm.beta": zeros(width),
        "mlm.weight": normal(width, width),
        "mlm.bias": zeros(width),
        "mlm.gamma": np.ones(width, np.float32),
        "mlm.beta": zeros(width),
        "mlm.offset": zeros(shape.vocabulary),
        "pooler.weight": normal(width, width),
        "pooler.bias": zeros(width),
        "classes.weight": normal(width, classes),
        "classes.bias": zeros(classes),
    }
    for index in range(shape.layers):
        parameters |= encoder_layer_parameters(draws, f"layer.{index}", width, shape.wide)
    return parameters


def from_checkpoint(weights: Mapping[str, Array], layers: int) -> dict[str, Array]:
    """Return a published BERT encoder's weights under our names.

    Matrices are transposed views, nothing is copied, except that queries, keys and values become one matrix: one
    product instead of three.
    """
    parameters = {
        "token": weights["embeddings.word_embeddings.weight"],
        "position": weights["embeddings.position_embeddings.weight"],
        "segment": weights["embeddings.token_type_embeddings.weight"],
        "norm.gamma": weights["embeddings.LayerNorm.weight"],
        "norm.beta": weights["embeddings.LayerNorm.bias"],
    }
    names = {"project": "attention.output.dense", "expand": "intermediate.dense", "contract": "output.dense"}
    norms = {"norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}
    for index in range(layers):
        ours, theirs = f"layer.{index}", f"encoder.layer.{index}"
        for kind in ("weight", "bias"):
            parts = [weights[f"{theirs}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            parameters[f"{ours}.qkv.{kind}"] = np.concatenate(parts).T
        for name, published in names.items():
            parameters[f"{ours}.{name}.weight"] = weights[f"{theirs}.{published}.weight"].T
            parameters[f"{ours}.{name}.bias"] = weights[f"{theirs}.{published}.bias"]
        for name, published in norms.items():
            parameters[f"{ours}.{name}.gamma"] = weights[f"{theirs}.{published}.weight"]
            parameters[f"{ours}.{name}.beta"] = weights[f"{theirs}.{published}.bias"]
    return parameters
