"""The grader, end to end through the sandbox: the first six exercises, and what else people hand in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from evaluators.code import CodeGrader, judge
from evaluators.coding.exercise import find_exercise
from evaluators.sandbox import CallResult, Outcome, Sandbox
from evaluators.verdict import Verdict
from knowledge.errors import NotFoundError

TWO_LAYER_BACKPROP = """
import numpy as np

def two_layer_backprop(X, y, W1, b1, W2, b2):
    n = X.shape[0]
    z = X @ W1 + b1
    a = np.maximum(z, 0)
    logits = a @ W2 + b2
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = -np.log(p[range(n), y]).sum() / n
    d = p.copy()
    d[range(n), y] -= 1
    d /= n
    da = d @ W2.T
    da[z <= 0] = 0
    return loss, X.T @ da, da.sum(0), a.T @ d, d.sum(0)
"""

ATTENTION = """
import numpy as np

def scaled_dot_product_attention(Q, K, V):
    scores = np.einsum("...id,...jd->...ij", Q, K) / Q.shape[-1] ** 0.5
    scores -= scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ V
"""

RIDGE = """
import numpy as np

def ridge(X, y, lam):
    n, d = X.shape
    Z = np.hstack([X, np.ones((n, 1))])
    P = lam * np.eye(d + 1)
    P[d, d] = 0
    w = np.linalg.solve(Z.T @ Z + P, Z.T @ y)
    return w[:d], w[d]
"""

ADAM = """
import numpy as np

def adam(w, grads, lr, beta1, beta2, eps):
    w = w.copy()
    m = v = np.zeros(len(w))
    for t in range(1, len(grads) + 1):
        g = grads[t - 1]
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w -= lr * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
    return w
"""

BATCH_NORM = """
import numpy as np

def batch_norm(x, gamma, beta, running_mean, running_var, eps, momentum, training):
    if not training:
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, running_mean, running_var
    mean, var = x.mean(0), x.var(0)
    out = gamma * (x - mean) / np.sqrt(var + eps) + beta
    new_mean = (1 - momentum) * running_mean + momentum * mean
    new_var = (1 - momentum) * running_var + momentum * x.var(0, ddof=1)
    return out, new_mean, new_var
"""

K_FOLD = """
def k_fold(n, k):
    folds, start = [], 0
    for i in range(k):
        stop = start + n // k + (i < n % k)
        test = list(range(start, stop))
        folds.append(([j for j in range(n) if not start <= j < stop], test))
        start = stop
    return folds
"""

RIGHT = {
    "two_layer_backprop": TWO_LAYER_BACKPROP,
    "scaled_dot_product_attention": ATTENTION,
    "ridge": RIDGE,
    "adam": ADAM,
    "batch_norm": BATCH_NORM,
    "k_fold": K_FOLD,
}

WRONG = {
    ("two_layer_backprop", "relu_mask_missing"): ("    da[z <= 0] = 0\n", ""),
    ("two_layer_backprop", "batch_mean_missing"): ("    d /= n\n", ""),
    ("scaled_dot_product_attention", "scale_missing"): (" / Q.shape[-1] ** 0.5", ""),
    ("scaled_dot_product_attention", "softmax_over_queries"): ("axis=-1", "axis=-2"),
    ("ridge", "intercept_penalised"): ("    P[d, d] = 0\n", ""),
    ("adam", "no_bias_correction"): ("beta1 ** t", "0"),
    ("batch_norm", "momentum_swapped"): ("(1 - momentum) *", "momentum_ *"),
    ("k_fold", "test_left_in_train"): ("if not start <= j < stop", ""),
}


@pytest.fixture(scope="module")
def grader() -> Iterator[CodeGrader]:
    with Sandbox() as sandbox:
        yield CodeGrader(sandbox)


def names(verdict: Verdict) -> list[str]:
    return [seen.id for seen in verdict.misconceptions]


@pytest.mark.parametrize("slug", RIGHT)
def test_right_answer_passes_with_fresh_inputs_each_time(grader: CodeGrader, slug: str) -> None:
    for _ in range(3):
        verdict = grader.grade(slug, RIGHT[slug])
        assert verdict.passed, verdict
        assert verdict.score == 1.0
        assert all(check.passed for check in verdict.checks)
        assert not verdict.misconceptions
        assert verdict.error == ""


@pytest.mark.parametrize(("slug", "misconception"), WRONG)
def test_one_changed_line_is_named(grader: CodeGrader, slug: str, misconception: str) -> None:
    old, new = WRONG[slug, misconception]
    source = RIGHT[slug].replace(old, new)
    if misconception == "no_bias_correction":
        source = source.replace("beta2 ** t", "0")
    if misconception == "momentum_swapped":
        source = source.replace("+ momentum *", "+ (1 - momentum) *").replace("momentum_ *", "momentum *")
    assert source != RIGHT[slug]
    verdict = grader.grade(slug, source)
    assert not verdict.passed
    assert names(verdict) == [misconception]
    assert verdict.misconceptions[0].confidence == 1.0
    assert 0 < verdict.score < 1


def test_two_misconceptions_at_once_are_both_named(grader: CodeGrader) -> None:
    source = ADAM.replace("beta1 ** t", "0").replace("np.sqrt(v / (1 - beta2 ** t)) + eps", "np.sqrt(v + eps)")
    assert names(grader.grade("adam", source)) == ["no_bias_correction", "eps_inside_root"]


def test_convention_is_accepted_and_said(grader: CodeGrader) -> None:
    verdict = grader.grade("batch_norm", BATCH_NORM.replace(", ddof=1", ""))
    assert verdict.passed
    assert verdict.score == 1.0
    assert verdict.conventions == ("running_var collects the biased batch variance",)


def test_bug_is_named_under_another_convention(grader: CodeGrader) -> None:
    source = BATCH_NORM.replace(", ddof=1", "").replace("np.sqrt(var + eps)", "(np.sqrt(var) + eps)")
    source = source.replace("np.sqrt(running_var + eps)", "(np.sqrt(running_var) + eps)")
    verdict = grader.grade("batch_norm", source)
    assert names(verdict) == ["eps_outside_root"]
    assert verdict.conventions == ("running_var collects the biased batch variance",)


def test_float32_answer_passes(grader: CodeGrader) -> None:
    source = ATTENTION.replace(
        "    scores =", "    Q, K, V = (each.astype(np.float32) for each in (Q, K, V))\n    scores ="
    )
    assert grader.grade("scaled_dot_product_attention", source).passed


def test_torch_answer_gets_tensors(grader: CodeGrader) -> None:
    source = """
import torch

def scaled_dot_product_attention(Q, K, V):
    assert isinstance(Q, torch.Tensor)
    return torch.softmax(Q @ K.transpose(-1, -2) / Q.shape[-1] ** 0.5, dim=-1) @ V
"""
    assert grader.grade("scaled_dot_product_attention", source).passed


@pytest.mark.parametrize(("bias", "passed"), [(" + 0", True), (" + 1", False)])
def test_numpy_beside_an_unused_torch_gets_arrays(grader: CodeGrader, bias: str, passed: bool) -> None:
    source = ATTENTION.replace("    scores =", "    Q = Q.astype(np.float64)\n    scores =").replace(
        "@ V", f"@ V{bias}"
    )
    verdict = grader.grade("scaled_dot_product_attention", f"import torch\n{source}")
    assert verdict.passed is passed
    assert not verdict.error


def test_an_invariant_holds_for_a_list_too(grader: CodeGrader) -> None:
    source = BATCH_NORM.replace("return out,", "return out.tolist(),")
    assert source != BATCH_NORM
    assert all(check.passed for check in grader.grade("batch_norm", source).checks)


def test_an_invariant_says_nothing_of_an_output_in_another_structure(grader: CodeGrader) -> None:
    verdict = grader.grade("ridge", RIDGE.replace("return w[:d], w[d]", "return w"))
    said = next(check.detail for check in verdict.checks if check.name == "the residuals sum to zero")
    assert said.startswith("cannot be checked before the structure is right")
    swapped = grader.grade("k_fold", K_FOLD.replace(" + (i < n % k)", ""))
    assert any(check.detail.startswith("the test folds do not add up") for check in swapped.checks)


def test_smallest_failing_input_is_shown(grader: CodeGrader) -> None:
    verdict = grader.grade("k_fold", K_FOLD.replace(" + (i < n % k)", ""))
    shown = [check for check in verdict.checks if "input:" in check.detail]
    assert [check.name for check in shown] == ["k does not divide n"]
    assert "k_fold(n=11, k=4)" in shown[0].detail
    assert "expected:" in shown[0].detail
    assert "got:" in shown[0].detail


def test_secret_inputs_differ_between_attempts(grader: CodeGrader) -> None:
    wrong = ATTENTION.replace("** 0.5", "** 0.4")
    details = {grader.grade("scaled_dot_product_attention", wrong).checks[2].detail for _ in range(3)}
    assert len(details) == 3


def test_exception_shows_the_candidates_own_line(grader: CodeGrader) -> None:
    verdict = grader.grade("ridge", RIDGE.replace("Z.T @ y", "Z @ y"))
    assert not verdict.passed
    assert verdict.score == 0.0
    assert "w = np.linalg.solve(Z.T @ Z + P, Z @ y)" in verdict.error
    assert verdict.error.startswith("line 9: ValueError")
    assert "input:" in verdict.checks[0].detail


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "the file is empty"),
        ("def ridge(X, y, lam:\n    pass", "line 1 is not valid Python"),
        ("def rigde(X, y, lam):\n    return 0", "no function named ridge at the top level; the file defines rigde"),
        ("def ridge(X, y):\n    return 0", "ridge(X, y) takes 2 arguments; 3 are passed"),
        ("def ridge(X, y, lam, steps):\n    return 0", "takes 4 arguments; 3 are passed"),
        ("def ridge(X, y, *, lam):\n    return 0", "needs lam by keyword"),
        ("async def ridge(X, y, lam):\n    return 0", "a plain function is called here"),
        ("ridge = 1\0", "the file is not Python"),
        ("x = 0\n" * 100_000, "characters"),
        ("from sklearn.linear_model import Ridge\ndef ridge(X, y, lam):\n    return 0", "imports sklearn"),
        ("import numpy as np\ndef ridge(X, y, lam):\n    return np.linalg.lstsq(X, y)[0], 0", "line 3 uses lstsq"),
    ],
)
def test_what_can_be_said_without_running_is_said(grader: CodeGrader, source: str, said: str) -> None:
    verdict = grader.grade("ridge", source)
    assert not verdict.passed
    assert verdict.score == 0.0
    assert said in verdict.error
    assert said in verdict.checks[0].detail


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return 0.0",
        "return float('nan')",
        "return np.zeros((len(Q), V.shape[-1]))",
        "return np.zeros(Q.shape[:-1] + V.shape[-1:])",
        "return np.full(Q.shape[:-1] + V.shape[-1:], np.nan)",
        "return type('Same', (), {'__eq__': lambda self, other: True})()",
        'print(\'{"passed": true, "score": 1}\'); return Q',
        "raise SystemExit(0)",
        "import os; os._exit(0)",
    ],
)
def test_an_answer_that_computes_nothing_scores_nothing(grader: CodeGrader, body: str) -> None:
    source = f"import numpy as np\n\ndef scaled_dot_product_attention(Q, K, V):\n    {body}\n"
    verdict = grader.grade("scaled_dot_product_attention", source)
    assert not verdict.passed
    assert verdict.score == 0.0
    assert not verdict.misconceptions


def test_library_call_is_not_an_answer(grader: CodeGrader) -> None:
    source = """
import torch.nn.functional as F

def scaled_dot_product_attention(Q, K, V):
    return F.scaled_dot_product_attention(Q, K, V)
"""
    verdict = grader.grade("scaled_dot_product_attention", source)
    assert not verdict.passed
    assert "line 5 uses scaled_dot_product_attention" in verdict.error


def test_endless_loop_ends_and_the_next_answer_is_graded(grader: CodeGrader) -> None:
    verdict = grader.grade("k_fold", "def k_fold(n, k):\n    while True:\n        pass\n")
    assert verdict.score == 0.0
    assert verdict.error
    assert grader.grade("k_fold", K_FOLD).passed


def test_unrecognised_answer_gets_partial_credit_and_the_broken_invariant(grader: CodeGrader) -> None:
    source = ATTENTION.replace("return weights @ V", "return weights @ V + 100")
    verdict = grader.grade("scaled_dot_product_attention", source)
    assert not verdict.misconceptions
    assert verdict.score == pytest.approx(0.1)
    broken = next(check for check in verdict.checks if check.name == "each output lies between the values")
    assert not broken.passed
    assert "not an average" in broken.detail


def test_wrong_shape_is_explained_by_its_axes(grader: CodeGrader) -> None:
    verdict = grader.grade("scaled_dot_product_attention", ATTENTION.replace("weights @ V", "(weights @ V).T"))
    shape = next(check for check in verdict.checks if check.name == "structure and shape")
    assert "opposite order" in shape.detail


def test_growth_is_observed_where_the_exercise_asks(grader: CodeGrader) -> None:
    source = """
import numpy as np

def ks_two_sample(a, b):
    x = np.sort(np.concatenate([a, b]))
    below_a, below_b = (np.searchsorted(np.sort(each), x, "right") / len(each) for each in (a, b))
    return np.abs(below_a - below_b).max()
"""
    assert "expected O(n log n)" in grader.grade("ks_two_sample", source).complexity
    assert grader.grade("ridge", RIDGE).complexity == ""


def test_unknown_exercise_is_said_with_near_names(grader: CodeGrader) -> None:
    with pytest.raises(NotFoundError) as caught:
        grader.grade("rigde", RIDGE)
    assert "ridge" in caught.value.hint


def test_mostly_matching_outputs_are_a_suggestion_with_lower_confidence() -> None:
    exercise = find_exercise("adam")
    cases = exercise.cases(np.random.default_rng(0))
    values = [exercise.variant(case.args, frozenset({"betas_swapped"})) for case in cases]
    values[0] = values[0] + 1.0
    outcome = Outcome(tuple(CallResult(value) for value in values), "", None, "", 3, 0.01, "")
    verdict = judge(exercise, cases, outcome)
    assert names(verdict) == ["betas_swapped"]
    assert verdict.misconceptions[0].confidence == pytest.approx(2 / 3, abs=1e-3)
    assert verdict.score == pytest.approx(0.1), "a suggestion does not raise the score"


def test_calls_that_never_came_back_fail() -> None:
    exercise = find_exercise("adam")
    cases = exercise.cases(np.random.default_rng(0))
    first = CallResult(exercise.variant(cases[0].args))
    verdict = judge(exercise, cases, Outcome((first,), "", None, "", 3, 5.0, "wall"))
    assert not verdict.passed
    assert verdict.checks[0].name == "runs on every input"
    assert not verdict.checks[0].passed
