"""Adam. Source: Kingma and Ba, 2015, algorithm 1, arXiv:1412.6980."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import EDGE, NO_BUGS, TERM, Array, Bugs, Case, Exercise, Wrong

TASK = """
Apply Adam to a weight vector for a given sequence of gradients, as in algorithm 1 of the paper.

- `w` has shape `(d,)`; `grads` is `(steps, d)`: row `t` is the gradient at step `t`, whatever the weights are by
  then
- `lr`, `beta1`, `beta2` and `eps` are numbers; both moments start at zero, and the first step is t = 1
- `eps` is added to the square root, as in the paper

Return the weights after the last step, shape `(d,)`. Leave `w` itself unchanged.

"""


def reference(w: Array, grads: Array, lr: float, beta1: float, beta2: float, eps: float, bugs: Bugs = NO_BUGS) -> Array:
    if "betas_swapped" in bugs:
        beta1, beta2 = beta2, beta1
    first_step = 2 if "step_starts_at_two" in bugs else 1
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(grads, start=first_step):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        if "no_bias_correction" in bugs:
            m_hat, v_hat = m, v
        if "second_moment_uncorrected" in bugs:
            v_hat = v
        if "first_moment_uncorrected" in bugs:
            m_hat = m
        root = np.sqrt(v_hat + eps) if "eps_inside_root" in bugs else np.sqrt(v_hat) + eps
        if "eps_before_correction" in bugs:
            root = root - eps + eps / np.sqrt(1 - beta2**t)
        w = w - lr * (np.sign(g) if "sign_descent" in bugs else m_hat / root)
    return w


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(steps: int, d: int, scale: Array) -> tuple[Array, Array]:
        return rng.normal(size=d), rng.normal(size=(steps, d)) * scale

    return [
        Case("one step", (*draw(1, 2, np.array([1.0, 3.0])), 0.1, 0.9, 0.999, 1e-8)),
        Case("six steps, unequal scales", (*draw(6, 4, np.array([0.01, 1.0, 5.0, 100.0])), 0.05, 0.8, 0.95, 1e-8)),
        Case("tiny gradients against a large eps", (*draw(5, 3, np.full(3, 1e-3)), 0.1, 0.9, 0.99, 1e-3)),
    ]


EXERCISE = Exercise(
    slug="adam",
    title="The Adam optimiser",
    topic="optimisation",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0, -2.0]), np.array([[0.5, 4.0], [0.5, -4.0]]), 0.1, 0.9, 0.999, 1e-8),
    wrong=(
        Wrong(
            "no_bias_correction",
            "Neither moment is corrected for starting at zero. Early on both are too small, the second far "
            "more so, and the first steps come out several times too long: with the usual betas about three "
            "times at t = 1. The effect fades only after a thousand steps and more, the memory of the second moment, "
            "and a loss curve shows no more than a rough start.",
            "After one step with gradient g, what is m, what is v, and how long is your step in units of lr?",
        ),
        Wrong(
            "second_moment_uncorrected",
            "Only the first moment is corrected. The denominator is still biased towards zero, and since beta2 "
            "is closer to 1 it needs the correction longest: early steps become much too long, longer than "
            "with no correction at all.",
            "Both averages start at zero. Which of the two takes longer to forget that, and what does it do to "
            "the step?",
            TERM,
        ),
        Wrong(
            "eps_inside_root",
            "eps sits under the square root. For ordinary gradients nobody sees it; when gradients are small "
            "it acts like the square root of eps, orders of magnitude larger, and stalls exactly those "
            "weights. The paper adds it outside.",
            "A weight's gradients are around 1e-5 and eps is 1e-8. Which of the two dominates your denominator?",
            EDGE,
        ),
        Wrong(
            "eps_before_correction",
            "eps is added to the root of v before v is corrected, with both corrections moved into the learning "
            "rate. The paper mentions that order after algorithm 1 as the cheaper one, and some libraries use it; it "
            "makes eps act 1/sqrt(1 - beta2**t) times as strongly, 32 times at the first step with beta2 = 0.999. "
            "The statement asks for algorithm 1.",
            "Gradients are about as large as eps. By what do you divide at t = 1, and by what does algorithm 1?",
            EDGE,
        ),
        Wrong(
            "step_starts_at_two",
            "The first update is corrected as if it were the second. Usually the counter is raised twice, or "
            "starts at 1 and is raised before use. The first steps come out too short in the numerator's share "
            "and only drift towards right later; at t = 1 the corrected first moment should equal the gradient.",
            "At the very first step, what should the corrected first moment be equal to? Is yours?",
            TERM,
        ),
        Wrong(
            "betas_swapped",
            "The two decay rates have changed places: the direction is averaged over a thousand steps and the "
            "scale over ten. The optimiser then answers slowly to a change of direction and rescales "
            "nervously. Check the order in which the arguments are used.",
            "Which of the two averages should have the longer memory, and why?",
            TERM,
        ),
        Wrong(
            "sign_descent",
            "Every step has length lr in the direction of the gradient's sign. That is what Adam does at its "
            "first step, and only there: later the ratio of the moments is small where the gradient keeps "
            "changing sign, which is how Adam slows down in noise.",
            "A gradient alternates between +1 and -1. How far does Adam move per step, and how far does yours?",
        ),
        Wrong(
            "first_moment_uncorrected",
            "Only the second moment is corrected. The numerator is still too small for its start at zero, so "
            "the first steps are about ten times too short at beta1 = 0.9, and training warms up by accident. "
            "At t = 1 the step should have length lr.",
            "How long is your very first step, in units of lr?",
            TERM,
        ),
    ),
    hints=(
        "Two running averages per weight: of the gradient, and of its square.",
        "Both start at zero, so early values are too small by a known factor that depends on the step number.",
        (
            "At t = 1 the corrected moments are exactly g and g², so the first step has length lr, whatever "
            "the gradient's size. Use that as a test."
        ),
    ),
    follow_ups=(
        "Why does Adam with an L2 penalty differ from AdamW?",
        "What does Adam cost in memory for a model of 7 billion parameters, and what can be done about it?",
        "When would you still prefer SGD with momentum?",
    ),
    complexity="O(d) time a step and 2·d numbers of state.",
    source="Kingma, Ba: Adam, arXiv:1412.6980, algorithm 1",
    banned=("Adam", "AdamW", "adam", "NAdam", "RAdam", "Adamax"),
)
