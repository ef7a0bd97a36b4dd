"""Reverse-mode automatic differentiation on NumPy arrays.

A `Tensor` remembers which tensors it was computed from and how to pull a gradient back to them. `backward` walks the
graph from the loss to the leaves, and every leaf ends up with the gradient of the loss.

`differentiable(forward, backward)` makes an operation from two plain functions on arrays. Called with arrays alone it
computes and remembers nothing, so the same model code trains on tensors and serves on arrays.

Source: Baydin et al. 2018, Automatic differentiation in machine learning, arXiv:1502.05767, section 3.2.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluators.reference.arrays import Array


class Tensor:
    """An array with a gradient.

    Attributes:
        data: the value.
        grad: the gradient of what `backward` was called on; leaves keep it, and add to it, until `zero_grad`.
    """

    __slots__ = ("_parents", "_pull", "data", "grad")
    __array_ufunc__ = None  # array + tensor is ours to compute, not NumPy's

    def __init__(self, data: Any, parents: Sequence[Any] = (), pull: Callable[[Array], Any] | None = None) -> None:
        self.data: Array = np.asarray(data)
        self.grad: Array | None = None
        self._parents = tuple(parents)
        self._pull = pull

    def backward(self, seed: Array | None = None) -> None:
        """Add the gradient of this tensor to every leaf it was computed from.

        Args:
            seed: gradient with respect to this tensor, of its shape; a scalar needs none.
        """
        if seed is None and self.data.size != 1:
            raise ValueError(f"backward needs a seed for a tensor of shape {self.data.shape}")
        waiting = {id(self): np.ones_like(self.data) if seed is None else np.asarray(seed)}
        for node in _from_last_to_first(self):
            gradient = waiting.pop(id(node))
            if node._pull is None:
                node.grad = gradient.copy() if node.grad is None else node.grad + gradient
                continue
            for parent, part in zip(node._parents, node._pull(gradient), strict=True):
                if isinstance(parent, Tensor) and part is not None:
                    before = waiting.get(id(parent))
                    waiting[id(parent)] = part if before is None else before + part

    def zero_grad(self) -> None:
        """Forget the gradient: without this, the next backward pass adds to it."""
        self.grad = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.data.shape

    def __repr__(self) -> str:
        return f"Tensor({self.data!r})"

    def __add__(self, other: Any) -> Tensor:
        return add(self, other)  # type: ignore[no-any-return]

    def __sub__(self, other: Any) -> Tensor:
        return add(self, multiply(other, -1.0))  # type: ignore[no-any-return]

    def __rsub__(self, other: Any) -> Tensor:
        return add(multiply(self, -1.0), other)  # type: ignore[no-any-return]

    def __neg__(self) -> Tensor:
        return multiply(self, -1.0)  # type: ignore[no-any-return]

    def __mul__(self, other: Any) -> Tensor:
        return multiply(self, other)  # type: ignore[no-any-return]

    def __truediv__(self, other: Any) -> Tensor:
        return divide(self, other)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Any) -> Tensor:
        return divide(other, self)  # type: ignore[no-any-return]

    def __pow__(self, exponent: float) -> Tensor:
        return power(self, exponent=exponent)  # type: ignore[no-any-return]

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(other, self)  # type: ignore[no-any-return]

    def __getitem__(self, index: Any) -> Tensor:
        return take(self, index=index)  # type: ignore[no-any-return]

    __radd__ = __add__
    __rmul__ = __mul__

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the sum over the axes."""
        return total(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the mean over the axes."""
        out = total(self, axis=axis, keepdims=keepdims)
        return out * (out.data.size / self.data.size)  # type: ignore[no-any-return]

    def max(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """Return the largest along the axis; ties share the gradient, as `torch.amax` does."""
        return largest(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def reshape(self, *shape: int) -> Tensor:
        """Return the same numbers in another shape."""
        return reshape(self, shape=shape)  # type: ignore[no-any-return]

    def transpose(self, *axes: int) -> Tensor:
        """Return the tensor with its axes in the given order (reversed without one)."""
        return transpose(self, axes=axes or tuple(reversed(range(self.data.ndim))))  # type: ignore[no-any-return]


def _from_last_to_first(root: Tensor) -> list[Tensor]:
    """Return every tensor behind the root, each before those it was computed from."""
    order: list[Tensor] = []
    seen: set[int] = set()
    stack: list[tuple[Tensor, bool]] = [(root, False)]  # a stack of our own: long sequences outgrow Python's
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node._parents if isinstance(parent, Tensor))
    return order[::-1]


def differentiable(forward: Callable[..., tuple[Array, Any]], backward: Callable[[Array, Any], Any]) -> Any:
    """Return one operation made of two functions on arrays.

    Args:
        forward: `(*inputs, **settings) -> (out, cache)`.
        backward: `(dout, cache) -> gradients`, one for each positional input; None where there is none to give.

    Returns:
        A function of tensors or arrays. With a tensor among the inputs it returns a tensor, else a plain array.
    """

    @functools.wraps(forward)
    def operation(*inputs: Any, **settings: Any) -> Any:
        out, cache = forward(*[item.data if isinstance(item, Tensor) else item for item in inputs], **settings)
        if not any(isinstance(item, Tensor) for item in inputs):
            return out
        return Tensor(out, inputs, lambda dout: backward(dout, cache))

    return operation


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Return the gradient summed over every axis along which an array of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True) if repeated else gradient


def _add(a: Any, b: Any) -> tuple[Array, Any]:
    return a + b, (np.shape(a), np.shape(b))


def _add_backward(dout: Array, shapes: Any) -> Any:
    return unbroadcast(dout, shapes[0]), unbroadcast(dout, shapes[1])


def _multiply(a: Any, b: Any) -> tuple[Array, Any]:
    return a * b, (a, b)


def _multiply_backward(dout: Array, cache: Any) -> Any:
    a, b = cache
    return unbroadcast(dout * b, np.shape(a)), unbroadcast(dout * a, np.shape(b))


def _divide(a: Any, b: Any) -> tuple[Array, Any]:
    return a / b, (a, b)


def _divide_backward(dout: Array, cache: Any) -> Any:
    a, b = cache
    return unbroadcast(dout / b, np.shape(a)), unbroadcast(-dout * a / (b * b), np.shape(b))


def _power(x: Array, exponent: float) -> tuple[Array, Any]:
    return x**exponent, (x, exponent)


def _power_backward(dout: Array, cache: Any) -> Any:
    x, exponent = cache
    return (dout * exponent * x ** (exponent - 1),)


def _matmul(a: Array, b: Array) -> tuple[Array, Any]:
    return np.matmul(a, b), (a, b)


def _matmul_backward(dout: Array, cache: Any) -> Any:
    """Vectors count as a row on the left, as a column on the right; leading axes may have been broadcast."""
    a, b = cache
    left = a[None, :] if a.ndim == 1 else a  # (..., n, k)
    right = b[:, None] if b.ndim == 1 else b  # (..., k, m)
    wide = dout[..., None] if b.ndim == 1 else dout
    wide = wide[..., None, :] if a.ndim == 1 else wide  # (..., n, m)
    da = np.matmul(wide, right.swapaxes(-1, -2))  # (..., n, k)
    db = np.matmul(left.swapaxes(-1, -2), wide)  # (..., k, m)
    return unbroadcast(da, left.shape).reshape(a.shape), unbroadcast(db, right.shape).reshape(b.shape)


def _take(x: Array, index: Any) -> tuple[Array, Any]:
    return x[index], (x.shape, x.dtype, index)


def _take_backward(dout: Array, cache: Any) -> Any:
    shape, kind, index = cache
    dx = np.zeros(shape, kind)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, int | slice) for part in parts):
        dx[index] = dout
    else:
        np.add.at(dx, index, dout)  # not dx[index] += dout: a row that was taken twice gets both gradients
    return (dx,)


def _spread(values: Array, axis: Any, keepdims: bool, shape: tuple[int, ...]) -> Array:
    """Return reduced values broadcast back over the axes that were reduced."""
    if axis is not None and not keepdims:
        values = np.expand_dims(values, axis)
    return np.broadcast_to(values, shape)


def _total(x: Array, axis: Any = None, keepdims: bool = False) -> tuple[Array, Any]:
    return x.sum(axis=axis, keepdims=keepdims), (x.shape, axis, keepdims)


def _total_backward(dout: Array, cache: Any) -> Any:
    shape, axis, keepdims = cache
    return (_spread(dout, axis, keepdims, shape),)


def _largest(x: Array, axis: int | None = None, keepdims: bool = False) -> tuple[Array, Any]:
    out = x.max(axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def _largest_backward(dout: Array, cache: Any) -> Any:
    x, out, axis, keepdims = cache
    ties = x == _spread(out, axis, keepdims, x.shape)
    return (_spread(dout, axis, keepdims, x.shape) * ties / ties.sum(axis=axis, keepdims=True),)


def _reshape(x: Array, shape: tuple[int, ...]) -> tuple[Array, Any]:
    return x.reshape(shape), x.shape


def _reshape_backward(dout: Array, shape: Any) -> Any:
    return (dout.reshape(shape),)


def _transpose(x: Array, axes: tuple[int, ...]) -> tuple[Array, Any]:
    return x.transpose(axes), axes


def _transpose_backward(dout: Array, axes: Any) -> Any:
    return (dout.transpose(tuple(np.argsort(axes))),)


def _concatenate(*parts: Array, axis: int = 0) -> tuple[Array, Any]:
    return np.concatenate(parts, axis=axis), (np.cumsum([part.shape[axis] for part in parts])[:-1], axis)


def _concatenate_backward(dout: Array, cache: Any) -> Any:
    return np.split(dout, cache[0], axis=cache[1])


def _exp(x: Array) -> tuple[Array, Any]:
    out = np.exp(x)
    return out, out


def _log(x: Array) -> tuple[Array, Any]:
    return np.log(x), x


add = differentiable(_add, _add_backward)
multiply = differentiable(_multiply, _multiply_backward)
divide = differentiable(_divide, _divide_backward)
power = differentiable(_power, _power_backward)
matmul = differentiable(_matmul, _matmul_backward)
take = differentiable(_take, _take_backward)
total = differentiable(_total, _total_backward)
largest = differentiable(_largest, _largest_backward)
reshape = differentiable(_reshape, _reshape_backward)
transpose = differentiable(_transpose, _transpose_backward)
concatenate = differentiable(_concatenate, _concatenate_backward)
exp = differentiable(_exp, lambda dout, out: (dout * out,))
log = differentiable(_log, lambda dout, x: (dout / x,))
