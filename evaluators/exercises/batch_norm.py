"""Batch normalisation, forward. Source: Ioffe and Szegedy, 2015, algorithms 1 and 2, arXiv:1502.03167."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import EDGE, NO_BUGS, TERM, Array, Bugs, Case, Convention, Exercise, Invariant, Wrong

TASK = """
The forward pass of batch normalisation for a batch of feature vectors, in both modes.

- `x` has shape `(n, d)` with `n >= 2`; `gamma`, `beta`, `running_mean` and `running_var` are `(d,)`
- with `training=True` the batch's own mean and variance (divided by `n`) normalise it, and the running statistics
  move: `new = (1 - momentum) * old + momentum * batch`
- with `training=False` the running statistics normalise, and stay as they are
- the normalised value is `(x - mean) / sqrt(var + eps)`
- `running_var` may take the unbiased batch variance (PyTorch) or the biased one; both are accepted

Return `(out, running_mean, running_var)`. Do not change the arguments in place.

"""


def reference(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    eps: float,
    momentum: float,
    training: bool,
    bugs: Bugs = NO_BUGS,
) -> tuple[Array, Array, Array]:
    n = len(x)
    mean, var = running_mean, running_var
    if training or "batch_statistics_at_inference" in bugs:
        mean, var = x.mean(axis=0), x.var(axis=0)  # (d,)
    if training and "running_statistics_frozen" not in bugs:
        keep = momentum if "momentum_swapped" in bugs else 1 - momentum
        batch_var = var if "biased_running_var" in bugs else var * n / (n - 1)
        running_mean = keep * running_mean + (1 - keep) * mean
        running_var = keep * running_var + (1 - keep) * batch_var
    if training and "unbiased_normaliser" in bugs:
        var = var * n / (n - 1)
    if "statistics_over_features" in bugs:
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)  # (n, 1)
    spread = np.sqrt(var) + eps if "eps_outside_root" in bugs else np.sqrt(var + eps)
    normalised = (x - mean) / spread
    out = normalised if "affine_ignored" in bugs else gamma * normalised + beta
    return out, running_mean, running_var


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, spread: float, training: bool, eps: float = 1e-5) -> tuple[Array | float | bool, ...]:
        x = rng.normal(size=(n, d)) * spread * rng.uniform(0.5, 3.0, size=d) + spread * rng.normal(size=d)
        scale = (rng.normal(size=d) + 2.0, rng.normal(size=d))
        return x, *scale, spread * rng.normal(size=d), rng.uniform(0.5, 2.0, size=d), eps, 0.1, training

    return [
        Case("training, three samples", draw(3, 2, 1.0, True)),
        Case("training, a tiny variance", draw(6, 4, 1e-3, True)),
        Case("inference", draw(4, 3, 1.0, False)),
        Case("inference, a visible eps", draw(4, 3, 1.0, False, eps=0.1)),
    ]


def centred(args: tuple[Array, ...], out: tuple[Array, ...]) -> bool:
    """In training every feature of the output has mean beta."""
    beta, training = args[2], args[7]
    return bool(np.any(out[0])) and (not training or bool(np.allclose(out[0].mean(axis=0), beta, atol=1e-4)))


def unchanged_at_inference(args: tuple[Array, ...], out: tuple[Array, ...]) -> bool:
    """Outside training the running statistics come back as they went in."""
    return bool(args[7]) or bool(np.allclose(out[1], args[3]) and np.allclose(out[2], args[4]))


EXERCISE = Exercise(
    slug="batch_norm",
    title="Batch normalisation, forward pass",
    topic="normalisation",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0, 10.0], [3.0, 30.0]]),
        np.ones(2),
        np.zeros(2),
        np.zeros(2),
        np.ones(2),
        1e-5,
        0.1,
        True,
    ),
    wrong=(
        Wrong(
            "unbiased_normaliser",
            "The batch is divided by its unbiased standard deviation. Normalising uses the variance of this "
            "batch as it is, divided by n; the n - 1 belongs, if anywhere, to the estimate that is stored for "
            "later. With small batches the outputs come out visibly too small.",
            "After normalising, what should the variance of a batch of four samples be exactly?",
            EDGE,
        ),
        Wrong(
            "statistics_over_features",
            "Mean and variance are taken across the features of each sample. That is layer normalisation: it "
            "does not look at the batch at all. For batch normalisation every feature gets one mean over the "
            "samples, so statistics have the shape of gamma.",
            "How many means do you compute for a batch of 32 samples with 10 features?",
        ),
        Wrong(
            "eps_outside_root",
            "eps is added to the standard deviation, not to the variance. For ordinary features the two agree; "
            "for a nearly constant feature they do not, because the root of 1e-5 is 300 times larger than "
            "1e-5. A model moved between frameworks then changes its output.",
            "A feature's variance is 1e-6. By what is it divided, with eps = 1e-5?",
            EDGE,
        ),
        Wrong(
            "momentum_swapped",
            "Old and new statistics have traded their weights: with momentum 0.1 you keep a tenth of the past. "
            "The running values then follow the last batch, and evaluation becomes noisy. The statement's "
            "momentum is the share of the new batch.",
            "With momentum 0.1, how many batches does your running mean remember?",
            TERM,
        ),
        Wrong(
            "running_statistics_frozen",
            "Training never moves the running statistics. Nothing shows while training; at inference the layer "
            "normalises with the initial mean 0 and variance 1, and accuracy collapses. Return the updated "
            "values.",
            "Which numbers will this layer use at inference, and where do they come from?",
        ),
        Wrong(
            "batch_statistics_at_inference",
            "At inference the layer still looks at the batch it is given. One sample's prediction then depends "
            "on its neighbours, and a batch of one comes out as beta. This is the bug behind 'it works in "
            "training, and fails in production': the mode must switch to the running statistics.",
            "You serve one request at a time. What does your layer output for a batch of one?",
        ),
        Wrong(
            "affine_ignored",
            "gamma and beta are not applied. The layer can then only output features of mean 0 and variance 1, "
            "which takes from the network what it may need, such as the identity. Scale and shift after "
            "normalising, in both modes.",
            "With which gamma and beta could your layer pass its input on unchanged?",
            TERM,
        ),
    ),
    conventions=(Convention("biased_running_var", "running_var collects the biased batch variance"),),
    invariants=(
        Invariant(
            "in training each feature has mean beta", centred, "a normalised feature is centred, so beta is its mean"
        ),
        Invariant(
            "inference leaves the running statistics alone",
            unchanged_at_inference,
            "running_mean or running_var changed although training was False",
        ),
    ),
    hints=(
        "Decide first which mean and variance are used; the formula after that is the same in both modes.",
        "One mean per feature: which axis of (n, d) disappears?",
        "Compute the new running values as new arrays, only when training, and return the old ones otherwise.",
    ),
    follow_ups=(
        "What goes wrong with a batch of one, or with very small batches on many GPUs?",
        "How is batch normalisation folded into the preceding convolution at inference?",
        "Why do transformers use layer normalisation instead?",
    ),
    complexity="O(n·d) time, O(d) for the statistics.",
    source="Ioffe, Szegedy 2015, arXiv:1502.03167",
    banned=("batch_norm", "BatchNorm1d", "native_batch_norm"),
)
