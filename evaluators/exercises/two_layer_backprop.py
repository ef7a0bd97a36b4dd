"""Back-propagation through one hidden layer. Source: Rumelhart, Hinton and Williams, Nature 323 (1986)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Bugs, Case, Exercise, Invariant, Wrong

TASK = """
A two-layer classifier is trained with plain NumPy: a linear layer, ReLU, a second linear layer, softmax, and the
mean cross-entropy over the batch. Write its forward pass and, by hand, its backward pass.

- `X` has shape `(n, d)`, `y` holds `n` integer labels in `0..c-1`
- `W1` is `(d, h)`, `b1` is `(h,)`, `W2` is `(h, c)`, `b2` is `(c,)`; a layer computes `x @ W + b`
- the loss is `-mean(log p[i, y[i]])`

Return `(loss, dW1, db1, dW2, db2)`: the loss, and its gradient with respect to each parameter in that parameter's
shape. No automatic differentiation.

"""


def reference(
    X: Array, y: Array, W1: Array, b1: Array, W2: Array, b2: Array, bugs: Bugs = NO_BUGS
) -> tuple[float, Array, Array, Array, Array]:
    n = len(X)
    z1 = X @ W1 + b1  # (n, h)
    a1 = np.maximum(z1, 0)  # (n, h)
    z2 = a1 @ W2 + b2  # (n, c)
    shifted = z2 - z2.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (n, c)
    losses = -log_p[np.arange(n), y]  # (n,)
    loss = losses.sum() if "loss_summed" in bugs else losses.mean()

    dz2 = np.exp(log_p)  # (n, c)
    if "target_not_subtracted" not in bugs:
        dz2[np.arange(n), y] -= 1
    if "batch_mean_missing" not in bugs:
        dz2 /= n
    dW2 = (z1 if "pre_activation_in_dw2" in bugs else a1).T @ dz2  # (h, c)
    da1 = dz2 @ W2.T  # (n, h)
    mask = np.ones_like(z1) if "relu_mask_missing" in bugs else z1 > 0
    if "mask_from_gradient" in bugs:
        mask = da1 > 0
    dz1 = da1 * mask  # (n, h)
    dW1 = X.T @ dz1  # (d, h)
    reduce = np.mean if "bias_gradient_averaged" in bugs else np.sum
    return float(loss), dW1, reduce(dz1, axis=0), dW2, reduce(dz2, axis=0)


def cases(rng: np.random.Generator) -> list[Case]:
    def network(n: int, d: int, h: int, c: int) -> tuple[Array, ...]:
        X, y = rng.normal(size=(n, d)), rng.integers(0, c, size=n)
        W1, W2 = 0.7 * rng.normal(size=(d, h)), 0.7 * rng.normal(size=(h, c))
        return X, y, W1, rng.normal(size=h), W2, rng.normal(size=c)

    return [
        Case("three samples, three classes", network(3, 3, 4, 3)),
        Case("five samples, three classes", network(5, 3, 6, 3)),
        Case("a larger batch", network(12, 4, 8, 5)),
    ]


EXERCISE = Exercise(
    slug="two_layer_backprop",
    title="Backpropagation through a two-layer network",
    topic="neural networks",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0, 2.0], [-1.0, 0.5]]),
        np.array([0, 1]),
        np.array([[1.0, -1.0], [0.5, 1.0]]),
        np.zeros(2),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.zeros(2),
    ),
    wrong=(
        Wrong(
            "relu_mask_missing",
            "The gradient flows back through units that were switched off. ReLU's derivative is 0 where its "
            "input was negative, so those entries of the incoming gradient have to vanish before dW1 and db1 "
            "are formed. dW2 and db2 come out right, which is the sign to look for: the error starts between "
            "the two layers.",
            "A hidden unit was negative for one sample. How much does that sample change the unit's weights?",
        ),
        Wrong(
            "pre_activation_in_dw2",
            "dW2 is built from what went into the ReLU. The second layer multiplied the activated values, so "
            "its weight gradient is the activation transposed times the error; negative pre-activations now "
            "contribute although the layer saw a zero. Check which of the two cached arrays you reuse.",
            "Which array did the second layer actually receive as its input?",
        ),
        Wrong(
            "bias_gradient_averaged",
            "The bias gradients are n times too small. The 1/n of the mean loss already sits in the error that "
            "comes back, so the bias, which is added to every row, sums over the batch. Averaging divides "
            "twice, and the biases then learn slower than the weights.",
            "Where in your backward pass does the factor 1/n enter, and how often?",
            TERM,
        ),
        Wrong(
            "batch_mean_missing",
            "All four gradients are n times too large: the loss is a mean over the batch but its gradient is "
            "treated as that of a sum. Training then behaves as if the learning rate grew with the batch size. "
            "Divide the error at the logits once and everything behind it follows.",
            "If you double the batch by repeating it, what should happen to the gradient, and what happens to yours?",
            TERM,
        ),
        Wrong(
            "mask_from_gradient",
            "The mask looks at the sign of the gradient that arrives, not at the sign of what the ReLU saw in "
            "the forward pass. Whether a unit was active was decided by its pre-activation; filtering the "
            "gradient by its own sign is what guided backpropagation does for pictures, and no descent "
            "direction of the loss.",
            "At which moment is it decided whether a unit lets the gradient through: on the way forward or back?",
        ),
        Wrong(
            "target_not_subtracted",
            "The gradient at the logits is the probabilities themselves; nothing is subtracted at the true "
            "class. Every step then lowers all logits, the largest most, whatever the labels are. The derivative of "
            "softmax with cross-entropy is probabilities minus one-hot target.",
            "Change the labels. Do your gradients change?",
        ),
        Wrong(
            "loss_summed",
            "The reported loss is the sum over the batch, not its mean. The gradients may be fine, but the "
            "number grows with the batch size, so curves of different batches cannot be compared, and a "
            "gradient check against this loss is off by a factor n.",
            "You repeat every row of the batch. Should the loss change?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the bias gradient of the logits sums to zero",
            lambda args, out: abs(np.sum(out[4])) < 1e-6 * max(1.0, float(np.abs(out[4]).max())) and np.any(out[4]),
            "each row of probabilities sums to 1, and the one-hot target too, so the entries of db2 must cancel",
        ),
        Invariant(
            "the loss is the mean cross-entropy",
            lambda args, out: abs(out[0] - reference(*args)[0]) < 1e-4 * max(1.0, abs(out[0])),
            "the forward pass is already off, so no gradient can be right: check softmax and the mean first",
        ),
    ),
    hints=(
        "Write the forward pass as four lines and keep each intermediate. The backward pass visits them in reverse.",
        (
            "Softmax and cross-entropy together have a simple derivative with respect to the logits: "
            "probabilities minus the one-hot target."
        ),
        (
            "Every gradient has the shape of what it belongs to; with `x @ W` the gradient of `W` is `x.T @ d` "
            "and that of `x` is `d @ W.T`. In between, ask what ReLU let through."
        ),
    ),
    follow_ups=(
        "What happens to training when all weights start at zero?",
        "How would you check this gradient without a second implementation, and with which step size?",
        (
            "Which intermediates must be kept for the backward pass, and how does gradient checkpointing trade "
            "them for time?"
        ),
    ),
    complexity="O(n·(d·h + h·c)) time for both passes; O(n·h) memory for the cached activations.",
    source="Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986",
    banned=("backward", "grad", "jacobian", "vjp"),
    minutes=25,
)
