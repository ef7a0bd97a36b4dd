"""What a wrong derivation is called: which factor, transpose, sum or derivative is missing, and in which term."""

from __future__ import annotations

from typing import Any

import pytest

from evaluators.derivation.grading import grade_derivation
from evaluators.verdict import Verdict
from knowledge.errors import TooLargeError


def graded(answers: Any, slug: str, *changes: tuple[str, str], seed: int = 1) -> Verdict:
    text: str = answers.PYTHON[slug]
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong)
    return grade_derivation(slug, text, seed=seed)


def failing(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


NETWORK, REGRESSION, RIDGE = "two_layer_gradients", "logistic_gradients", "ridge_gradients"


@pytest.mark.parametrize(
    ("slug", "right", "wrong", "named", "terms"),
    [
        (NETWORK, "(p - y) / n", "p - y", "batch_mean_missing", ["dW2", "db2", "dW1", "db1"]),
        (NETWORK, "(p - y) / n", "(y - p) / n", "sign_flipped", ["dW2", "db2", "dW1", "db1"]),
        (NETWORK, "db2 = sum(dz2, axis=0)", "db2 = mean(dz2, axis=0)", "batch_mean_twice", ["db2"]),
        (NETWORK, "db2 = sum(dz2, axis=0)", "db2 = dz2", "batch_sum_missing", ["db2"]),
        (NETWORK, " * (z1 > 0)", "", "activation_derivative_missing", ["dW1", "db1"]),
        (NETWORK, " * (z1 > 0)", " * a1", "activation_for_its_derivative", ["dW1", "db1"]),
        (NETWORK, "a1.T @ dz2", "z1.T @ dz2", "pre_activation_in_dw2", ["dW2"]),
        (NETWORK, "a1.T @ dz2", "dz2.T @ a1", "transposed", ["dW2"]),
        (NETWORK, "(p - y) / n", "p / n", "label_not_subtracted", ["dW2", "db2", "dW1", "db1"]),
        ("softmax_gradients", "rowsum(dp * p)", "dp * p", "jacobian_diagonal_only", ["dz", "dW", "db"]),
        ("softmax_gradients", "-y / (n * p)", "-y / n * 1", "logarithm_not_differentiated", ["dp"]),
        (REGRESSION, " + lam * w", "", "penalty_missing", ["dw"]),
        (REGRESSION, " + lam * w", " + 2 * lam * w", "penalty_doubled", ["dw"]),
        (REGRESSION, "np.sum(dz)", "np.sum(dz) + lam * b", "intercept_penalised", ["db"]),
        (RIDGE, " + 2 * lam * w", " + lam * w", "penalty_without_two", ["dw"]),
        (RIDGE, "db = 2 * mean(e)", "db = mean(e)", "factor_two_missing", ["db"]),
        (RIDGE, "db = 2 * mean(e)", "db = 4 * mean(e)", "factor_two_extra", ["db"]),
        (RIDGE, " + b - y", " - y", "intercept_left_out", ["dw"]),
        ("batch_norm_gradients", " - dxhat.mean(axis=0)", "", "mean_path_missing", ["dx"]),
        (
            "batch_norm_gradients",
            "sum(dout * xhat, axis=0)",
            "sum(dout * x, axis=0)",
            "input_for_normalised",
            ["dgamma"],
        ),
        ("batch_norm_gradients", " / sqrt(var + eps)", "", "spread_missing", ["dx"]),
        ("batch_norm_gradients", " / sqrt(var + eps)", " / (var + eps)", "variance_for_deviation", ["dx"]),
        ("attention_gradients", "dS @ K / sqrt(d)", "dS @ K", "scale_missing", ["dQ"]),
        ("attention_gradients", "dS @ K / sqrt(d)", "dS @ K / d", "scale_twice", ["dQ"]),
        ("attention_gradients", "axis=-1", "axis=0", "summed_over_queries", ["dS", "dQ", "dK"]),
        (
            "attention_gradients",
            "dP - np.sum(dP * P, axis=-1, keepdims=True)",
            "dP",
            "row_term_missing",
            ["dS", "dQ", "dK"],
        ),
        ("attention_gradients", "P.T @ dO", "S.T @ dO", "scores_for_weights", ["dV"]),
        ("attention_gradients", "P.T @ dO", "dO.T @ P", "transposed", ["dV"]),
    ],
)
def test_the_mistake_is_named_with_its_terms(
    answers: Any, slug: str, right: str, wrong: str, named: str, terms: list[str]
) -> None:
    # dz stays right where only dp is changed, so that one term fails
    changes = [(right, wrong)]
    if named == "logarithm_not_differentiated":
        changes.append(("p * (dp - rowsum(dp * p))", "(p - y) / n"))
    for seed in range(3):
        verdict = graded(answers, slug, *changes, seed=seed)
        assert not verdict.passed
        assert failing(verdict) == terms
        assert [seen.id for seen in verdict.misconceptions] == [named]
        assert verdict.misconceptions[0].explanation.startswith(", ".join(terms))
        assert 0.3 < verdict.score < 1


def test_two_mistakes_in_one_term_are_both_named(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("(p - y) / n", "p - y"), (" * (z1 > 0)", ""))
    assert {seen.id for seen in verdict.misconceptions} == {"batch_mean_missing", "activation_derivative_missing"}
    bias = next(seen for seen in verdict.misconceptions if seen.id == "activation_derivative_missing")
    assert bias.explanation.startswith("dW1, db1: ")


def test_factors_of_two_different_kinds_are_both_named(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("(p - y) / n", "y - p"))
    assert {seen.id for seen in verdict.misconceptions} == {"batch_mean_missing", "sign_flipped"}


def test_half_of_the_loss_is_a_convention_when_it_is_kept_throughout(answers: Any) -> None:
    half = graded(answers, RIDGE, ("2 / n", "1 / n"), ("2 * lam", "lam"), ("2 * mean", "mean"))
    assert half.passed
    assert len(half.conventions) == 1
    mixed = graded(answers, RIDGE, ("2 / n", "1 / n"))
    assert not mixed.passed
    assert [seen.id for seen in mixed.misconceptions] == ["data_term_without_two"]


def test_the_stated_convention_is_read_when_in_doubt() -> None:
    verdict = grade_derivation(RIDGE, "dw = 2/n * X.T @ e\ndb = mean(e)", seed=0)
    assert verdict.conventions == ()
    assert {seen.id for seen in verdict.misconceptions} == {"penalty_missing", "factor_two_missing"}


def test_the_scale_may_stand_in_the_gradient_of_the_scores(answers: Any) -> None:
    text = (
        answers.PYTHON["attention_gradients"]
        .replace("dS = P", "dS = 1 / sqrt(d) * P")
        .replace("dS @ K / sqrt(d)", "dS @ K")
    )
    verdict = grade_derivation("attention_gradients", text.replace("dS.T @ Q / np.sqrt(d)", "dS.T @ Q"), seed=0)
    assert verdict.passed
    assert "sqrt(d)" in verdict.conventions[0]


def test_shapes_that_do_not_fit_are_said_in_letters(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("a1.T @ dz2", "a1 @ dz2"))
    check = next(each for each in verdict.checks if each.name == "dW2")
    assert "(n, h) @ (n, c): the inner axes differ" in check.detail
    assert failing(verdict) == ["dW2"]
    elementwise = graded(answers, NETWORK, ("dz2 @ W2.T", "dz2 * W2.T"))
    detail = next(each.detail for each in elementwise.checks if not each.passed)
    assert "(n, c) and (c, h) cannot be combined entry by entry" in detail


def test_a_wrong_shape_is_said_in_letters(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("sum(dz2, axis=0)", "sum(dz2, axis=1)"))
    check = next(each for each in verdict.checks if each.name == "db2")
    assert check.detail == "the shape is (n,); it should be (c,)"


def test_a_kept_axis_is_accepted(answers: Any) -> None:
    assert graded(answers, NETWORK, ("sum(dz2, axis=0)", "sum(dz2, axis=0, keepdims=True)")).passed


def test_what_nothing_explains_gets_a_direction(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("a1.T @ dz2", "(a1**3 + 1).T @ dz2"))
    check = next(each for each in verdict.checks if each.name == "dW2")
    assert "cosine with the right gradient" in check.detail
    assert verdict.misconceptions == ()


def test_a_missing_term_is_missed(answers: Any) -> None:
    text = "\n".join(line for line in answers.PYTHON[NETWORK].splitlines() if not line.startswith("dW2"))
    verdict = grade_derivation(NETWORK, text, seed=0)
    assert failing(verdict) == ["dW2"]
    assert next(each.detail for each in verdict.checks if each.name == "dW2") == "no line defines dW2"
    assert verdict.score == 0.75


def test_one_unreadable_line_does_not_cost_the_others(answers: Any) -> None:
    verdict = graded(answers, NETWORK, ("db2 = sum(dz2, axis=0)", "db2 = sum(dz2, axis=0"))
    assert failing(verdict) == ["db2"]
    assert "line 4, column" in verdict.error
    assert verdict.score == 0.75


def test_a_given_name_keeps_its_meaning(answers: Any) -> None:
    again = "p = softmax(z2)\n" + answers.PYTHON[NETWORK]
    assert grade_derivation(NETWORK, again, seed=0).passed
    other = grade_derivation(NETWORK, "p = y\n" + answers.PYTHON[NETWORK], seed=0)
    assert "is given" in other.error


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "```\n```"])
def test_nothing_earns_nothing(text: str) -> None:
    verdict = grade_derivation(NETWORK, text, seed=0)
    assert not verdict.passed
    assert verdict.score == 0.0


def test_zeros_earn_nothing() -> None:
    text = "\n".join(f"d{name} = 0 * {name}" for name in ("W1", "b1", "W2", "b2"))
    assert grade_derivation(NETWORK, text, seed=0).score == 0.0


@pytest.mark.parametrize("text", ["x = 1\n" * 100, "y" * 30_000, "dW2 = " + "(" * 300 + "1" + ")" * 300])
def test_more_than_a_derivation_is_refused(text: str) -> None:
    with pytest.raises(TooLargeError):
        grade_derivation(NETWORK, text)


def test_each_grading_has_its_own_arrays(answers: Any) -> None:
    text = answers.PYTHON[NETWORK].replace("a1.T @ dz2", "(a1 + 1).T @ dz2")
    one, other = (grade_derivation(NETWORK, text) for _ in range(2))
    assert one.checks != other.checks
