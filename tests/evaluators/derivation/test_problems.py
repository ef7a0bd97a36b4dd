"""The right formulas are the core's gradients; every wrong version is told from the right one and from every other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from evaluators.coding.exercise import load_exercises
from evaluators.derivation.grading import grade_derivation
from evaluators.derivation.problem import Problem, find_derivation, load_derivations
from evaluators.reference.autograd import Tensor, log
from evaluators.reference.operations import relu, sigmoid, softmax
from knowledge.errors import NotFoundError

CATALOGUE = load_derivations()


@pytest.fixture(params=list(CATALOGUE))
def problem(request: pytest.FixtureRequest) -> Problem:
    return CATALOGUE[request.param]


def draws(problem: Problem, seed: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [problem.values(rng, sizes) for sizes in problem.sizes]


# What the statement says, on tensors: the loss, and the tensors whose gradients are asked for.


def two_layer_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    leaves = {name: Tensor(v[name]) for name in ("W1", "b1", "W2", "b2")}
    z2 = relu(v["X"] @ leaves["W1"] + leaves["b1"]) @ leaves["W2"] + leaves["b2"]
    return -(log(softmax(z2)) * v["y"]).sum() * (1 / v["n"]), {f"d{name}": leaf for name, leaf in leaves.items()}


def softmax_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    shift, W, b = Tensor(np.zeros_like(v["z"])), Tensor(v["W"]), Tensor(v["b"])
    free = Tensor(np.zeros_like(v["p"]))
    p = softmax(v["X"] @ W + b + shift) + free
    return -(log(p) * v["y"]).sum() * (1 / v["n"]), {"dz": shift, "dW": W, "db": b, "dp": free}


def logistic_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    shift, w, b = Tensor(np.zeros_like(v["z"])), Tensor(v["w"]), Tensor(v["b"])
    p = sigmoid((v["X"] * w).sum(axis=1) + b + shift)
    loss = -(log(p) * v["y"] + log(1.0 - p) * (1 - v["y"])).sum() * (1 / v["n"])
    return loss + (w**2).sum() * (v["lam"] / 2), {"dz": shift, "dw": w, "db": b}


def ridge_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    w, b = Tensor(v["w"]), Tensor(v["b"])
    error = (v["X"] * w).sum(axis=1) + b - v["y"]
    return (error**2).sum() * (1 / v["n"]) + (w**2).sum() * v["lam"], {"dw": w, "db": b}


def batch_norm_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    x, gamma, beta = Tensor(v["x"]), Tensor(v["gamma"]), Tensor(v["beta"])
    free = Tensor(np.zeros_like(v["x"]))
    centred = x - x.mean(axis=0)
    xhat = centred / ((centred**2).mean(axis=0) + v["eps"]) ** 0.5 + free
    return ((gamma * xhat + beta) * v["dout"]).sum(), {"dx": x, "dgamma": gamma, "dbeta": beta, "dxhat": free}


def attention_gradients(v: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    Q, K, V = Tensor(v["Q"]), Tensor(v["K"]), Tensor(v["V"])
    scores, weights = Tensor(np.zeros_like(v["S"])), Tensor(np.zeros_like(v["P"]))
    P = softmax(Q @ K.transpose() * (1 / np.sqrt(v["d"])) + scores) + weights
    return (P @ V * v["dO"]).sum(), {"dQ": Q, "dK": K, "dV": V, "dS": scores, "dP": weights}


LOSSES: dict[str, Callable[[dict[str, Any]], tuple[Any, dict[str, Tensor]]]] = {
    "two_layer_gradients": two_layer_gradients,
    "softmax_gradients": softmax_gradients,
    "logistic_gradients": logistic_gradients,
    "ridge_gradients": ridge_gradients,
    "batch_norm_gradients": batch_norm_gradients,
    "attention_gradients": attention_gradients,
}


def test_the_right_gradients_are_those_of_the_core(problem: Problem) -> None:
    for values in draws(problem):
        loss, leaves = LOSSES[problem.slug](values)
        loss.backward()
        expected = problem.expected(values)
        assert set(expected) == set(leaves) == {target.name for target in problem.targets}
        for name, leaf in leaves.items():
            assert leaf.grad is not None
            assert expected[name].shape == np.shape(leaf.grad)
            np.testing.assert_allclose(expected[name], leaf.grad, rtol=1e-9, atol=1e-12, err_msg=name)


def test_shapes_are_those_that_the_statement_says(problem: Problem) -> None:
    for sizes, values in zip(problem.sizes, draws(problem), strict=True):
        for symbol in problem.symbols:
            assert values[symbol.name].shape == tuple(sizes[axis] for axis in symbol.shape), symbol.name
        for target in problem.targets:
            assert problem.expected(values)[target.name].shape == tuple(sizes[axis] for axis in target.shape)
        assert len(set(sizes.values())) == len(sizes), "two axes of one size hide a transpose"
    for axis in problem.sizes[0]:
        assert len({sizes[axis] for sizes in problem.sizes}) > 1, "a factor must not be taken for a constant"


def test_versions_are_distinct(problem: Problem) -> None:
    flags = [*(each.id for each in problem.wrong), *(each.id for each in problem.conventions)]
    for seed in range(5):
        outputs = [
            [
                np.concatenate([each.ravel() for each in problem.expected(values, bugs).values()])
                for bugs in versions(flags)
            ]
            for values in draws(problem, seed)
        ]
        for one, other in combinations(range(len(flags) + 1), 2):
            assert not all(np.allclose(each[one], each[other]) for each in outputs), (one, other)


def versions(flags: list[str]) -> list[frozenset[str]]:
    return [frozenset(), *(frozenset({flag}) for flag in flags)]


@pytest.mark.parametrize("notation", ["PYTHON", "LATEX"])
@pytest.mark.parametrize("seed", range(3))
def test_a_right_derivation_passes(problem: Problem, notation: str, seed: int, answers: Any) -> None:
    verdict = grade_derivation(problem.slug, getattr(answers, notation)[problem.slug], seed=seed)
    assert [check for check in verdict.checks if not check.passed] == []
    assert verdict.passed
    assert verdict.score == 1.0
    assert verdict.misconceptions == ()


def test_reads_like_a_problem(problem: Problem) -> None:
    ids = [*(each.id for each in problem.wrong), *(each.id for each in problem.conventions)]
    assert len(set(ids)) == len(ids)
    for wrong in problem.wrong:
        assert len(wrong.explanation.split()) >= 15, wrong.id
        assert wrong.probe.endswith(("?", "."))
    assert all(problem.hints)
    assert len(problem.follow_ups) >= 2
    for symbol in (*problem.symbols, *problem.targets):
        assert f"`{symbol.name}`" in problem.statement


def test_the_round_covers_what_it_should() -> None:
    assert set(CATALOGUE) == set(LOSSES)


def test_no_slug_is_an_exercise_too() -> None:
    """In an interview, and in a verdict, the slug alone says what was graded."""
    assert not set(CATALOGUE) & set(load_exercises())


def test_an_unknown_problem_has_near_names() -> None:
    with pytest.raises(NotFoundError) as raised:
        find_derivation("ridge_gradient")
    assert "ridge_gradients" in raised.value.hint
