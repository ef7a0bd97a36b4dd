"""The worked numbers in the prep notes are right: each is computed here again and must stand in its note."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

import knowledge

NOTES = Path(knowledge.__file__).parent / "notes"


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def softmax(*logits: float) -> list[float]:
    total = sum(math.exp(z) for z in logits)
    return [math.exp(z) / total for z in logits]


def dcg(grades: list[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def stability(expected: list[float], actual: list[float]) -> float:
    return sum((a - e) * math.log(a / e) for e, a in zip(expected, actual, strict=True))


def sample_size(share: float, effect: float) -> float:
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    return float(2 * z**2 * share * (1 - share) / effect**2)


def reviewed(before: float, after: float) -> float:
    """Cases needed to see that a share has fallen, at 5 percent and a power of 80."""
    z = stats.norm.ppf([0.975, 0.8])
    return float(
        ((z[0] * math.sqrt(before * (1 - before)) + z[1] * math.sqrt(after * (1 - after))) / (before - after)) ** 2
    )


def exaggeration(power: float) -> float:
    """Mean size of a significant estimate over the true effect, in a test of that power."""
    limit = stats.norm.ppf(0.975)
    shift = optimize.brentq(lambda d: stats.norm.sf(limit - d) + stats.norm.cdf(-limit - d) - power, 0, 5)
    z = np.linspace(-10, 10, 200_001)
    density = stats.norm.pdf(z - shift) * (np.abs(z) > limit)
    return float((np.abs(z) * density).sum() / density.sum() / shift)


def largest_of(count: int) -> float:
    """Expected largest of some standard normal draws."""
    z = np.linspace(-10, 10, 200_001)
    return float((z * count * stats.norm.pdf(z) * stats.norm.cdf(z) ** (count - 1)).sum() * (z[1] - z[0]))


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 percent interval, in percent."""
    low, high = stats.binomtest(hits, count).proportion_ci(method="wilson")
    return low * 100, high * 100


BATCH = np.array([1.0, 2.0, 3.0, 6.0])
SCALE = 2 / 127
LAYER = 12 * 768**2 + 13 * 768

WORKED = [
    ("backpropagation", f"{sigmoid(2):.4f}"),
    ("backpropagation", f"L = {-math.log(1 - sigmoid(2)):.4f}"),
    ("backpropagation", f"{sigmoid(2) * 2 * 2:.4f}"),
    ("regularisation_l1_l2", f"(2.5, 0, {-(1.2 - 0.5):.1f})".replace("-", "−")),
    ("regularisation_l1_l2", f"(2, {0.4 / 1.5:.2f}, {-1.2 / 1.5:.1f})".replace("-", "−")),
    ("optimisers", f"{0.01 / math.sqrt(1e-5):.2f} η"),
    ("optimisers", f"{8 * 16} GB"),
    ("bias_variance", f"{0.3 + 0.7 / 100:.3f}"),
    ("cross_validation_and_leakage", f"{math.sqrt(0.85 * 0.15 / 1000):.3f}"),
    ("imbalance_and_thresholds", f"{0.009 / (0.009 + 0.99 * 0.05):.2f}"),
    ("imbalance_and_thresholds", f"{4 / 124:.3f}"),
    ("imbalance_and_thresholds", f"{0.01 * 0.5 / (0.01 * 0.5 - 0.5 + 1):.4f}"),
    ("classification_and_ranking_metrics", f"{160 / 220:.3f}"),
    ("classification_and_ranking_metrics", f"{dcg([3, 2, 0, 1]):.3f}"),
    ("classification_and_ranking_metrics", f"{dcg([3, 2, 0, 1]) / dcg([3, 2, 1, 0]):.3f}"),
    ("normalisation", f"{(6 - 3) / math.sqrt(BATCH.var()):.3f}"),
    ("normalisation", f"{math.sqrt((BATCH**2).mean()):.3f}"),
    ("dropout", f"{(1 - 0.8) / 0.8:.2f}x²"),
    ("convolutions_and_resnet", f"{7 * 7 * 3 * 64:,}"),
    ("convolutions_and_resnet", f"{256 * 64 + 9 * 64 * 64 + 64 * 256:,}"),
    ("convolutions_and_resnet", f"{9 * 256 + 256 * 256:,}"),
    ("recurrent_networks", f"{1.1**100:,.0f}"),
    ("recurrent_networks", f"{4 * (256 * (256 + 128) + 256):,}"),
    ("attention", f"{32 * 8192**2 * 2 / 1e9:.1f} GB"),
    ("attention", f"{math.e / (math.e + 1 + 1 / math.e):.3f}"),
    ("positional_encodings", f"{2 * math.pi * 10000 ** (126 / 128):,.0f}"),
    ("bert_and_masked_language_modelling", f"{12 * LAYER:,}"),
    ("bert_and_masked_language_modelling", f"{12 * LAYER + (30522 + 512 + 2 + 2) * 768 + 768 * 768 + 768:,}"),
    ("kv_cache_and_serving_cost", f"{2 * 32 * 8 * 128 * 2:,} bytes"),
    ("kv_cache_and_serving_cost", f"{2.5 / (2500 * 3600) * 1e6:.2f} dollars"),
    ("quantisation", f"{SCALE:.5f}"),
    ("quantisation", f"{round(-0.5 / SCALE) * SCALE:.4f}".replace("-", "−")),
    ("quantisation", f"{70 * 4.125 / 8:.1f} GB"),
    ("lora", f"{32 * (16 * 8192 + 16 * 5120):,}"),
    ("bagging_and_boosting", f"{(1 - (1 - 1 / 1000) ** 1000) * 100:.1f} percent"),
    ("bagging_and_boosting", f"{0.5 * math.log(0.7 / 0.3):.2f} for ε = 0.3"),
    ("rag_and_hybrid_retrieval", f"{1 / 61 + 1 / 63:.5f}"),
    ("rag_and_hybrid_retrieval", f"{math.log(1 + 990.5 / 10.5) * 6.6 / 4.2:.2f}"),
    ("nearest_neighbour_search", f"{1e7 * (768 * 4 + 32 * 4) / 1e9:.0f} GB"),
    ("nearest_neighbour_search", f"{math.log(1e7) / math.log(16):.1f}"),
    ("drift_and_monitoring", f"{stability([0.25] * 4, [0.2, 0.25, 0.25, 0.3]):.3f}"),
    ("drift_and_monitoring", f"{stability([0.25] * 4, [0.1, 0.2, 0.3, 0.4]):.3f}"),
    ("drift_and_monitoring", f"{1.358 * math.sqrt(2 / 1e4):.4f}"),
    ("ab_testing", f"{sample_size(0.04, 0.0004) / 1e6:.2f} million"),
    ("ab_testing", f"{sample_size(0.04, 0.002) / 1e3:.0f},000"),
    ("latency_numbers_and_capacity", f"{(1 - 0.99**100) * 100:.0f} percent"),
    ("latency_numbers_and_capacity", f"{60_000 * (4500 * 1 + 300 * 4) / 1e6:.0f} dollars"),
    ("fraud_systems", f"{0.6 * 40_000 * 3:,.0f} good payments"),
    ("evaluating_language_models", f"{(0.85 - 0.6) / 0.4:.3f}"),
    ("evaluating_language_models", f"{0.95**10:.2f}"),
    ("debugging_models", f"{0.9 * 0.95 + 0.1 * 0.45:.2f}"),
    ("linear_and_logistic_regression", f"p = {sigmoid(1):.4f}"),
    ("linear_and_logistic_regression", f"from {-math.log(0.5):.4f} to {-math.log(sigmoid(1)):.4f}"),
    ("linear_and_logistic_regression", f"e^0.7 = {math.exp(0.7):.2f}"),
    ("numerical_stability", f"{np.log(np.finfo(np.float32).max):.1f} in float32"),
    ("numerical_stability", f"{np.log(np.finfo(np.float64).max):.1f} in float64"),
    ("numerical_stability", f"with 1e-12 no row costs more than {-math.log(1e-12):.1f}"),
    ("numerical_stability", f"no more than {-math.log(1e-9):.1f}"),
    ("sampling_from_language_models", f"0.98²⁰⁰ = {0.98**200:.3f}"),
    ("sampling_from_language_models", "probabilities {:.3f}, {:.3f}, {:.3f}".format(*softmax(2, 1, 0))),
    ("sampling_from_language_models", "{:.3f} and {:.3f}".format(*softmax(2, 1))),
    ("sampling_from_language_models", "{:.3f}, {:.3f}, {:.3f}: all three".format(*softmax(1, 0.5, 0))),
    ("training_serving_skew", f"{3 / 1000 * 100:.1f} percent"),
    ("delayed_labels", f"{(1 - math.exp(-1 / 3)) * 100:.0f} percent"),
    ("delayed_labels", f"{2 * (1 - math.exp(-1 / 3)):.2f} percent"),
    ("delayed_labels", f"{reviewed(0.8, 0.7):.0f} reviewed alarms"),
    ("releasing_models", f"probability {stats.poisson.sf(19, 10):.3f}"),
    ("reading_experiments", f"{exaggeration(0.2):.2f} times the true effect"),
    ("reading_experiments", f"{1 + 99_999 * 0.01:,.0f}: two million"),
    ("reading_experiments", f"{2e6 / (1 + 99_999 * 0.01):,.0f} independent"),
    ("reading_experiments", f"= {(60**2 - 2 * 30 * 0.8 * 60 * 2 + 30**2 * 2**2) / 3**2:.0f};"),
    ("reading_experiments", f"{math.sqrt(160 / 10_000):.3f}"),
    ("candidate_retrieval", f"{1e8 * 64 * 4 / 1e9:.1f} GB"),
    ("candidate_retrieval", f"{4096**2:,} scores"),
    ("candidate_retrieval", f"ln 1000 = {math.log(0.01 / 0.00001):.1f}"),
    ("candidate_retrieval", f"{(2 + 100 * 0.02) / (3 + 100) * 100:.1f} percent"),
    ("click_feedback", f"{0.5 / (0.5 + 0.5 / 0.01):.4f}"),
    ("click_feedback", f"{largest_of(10):.2f} σ"),
    ("label_noise", f"{(0.95 * 0.9 + 0.05 * 0.1) * 100:.1f}"),
    ("label_noise", f"{(0.93 * 0.9 + 0.07 * 0.1) * 100:.1f}"),
    ("time_series_validation", f"{((30 - 27) + (24 - 20)) / 2:.1f}"),
    ("time_series_validation", f"1.5 / 3.5 = {1.5 / 3.5:.2f}"),
    ("mixed_precision_and_memory", f"{np.finfo(np.float16).max:,.0f}"),
    ("mixed_precision_and_memory", f"{2**-24 * 1e8:.1f} · 10⁻⁸"),
    ("mixed_precision_and_memory", f"{2**-133 * 1e41:.1f} · 10⁻⁴¹"),
    ("mixed_precision_and_memory", f"after 1 is {1 + 2**-7:.4f}"),
    ("mixed_precision_and_memory", f"1,000 = {(100 * 4 + 900 * 2) / 1000:.1f} a token"),
    ("mixed_precision_and_memory", f"36 layers keep {2 * math.sqrt(36):.0f}"),
    ("prompting_retrieval_tuning", f"{3000 * 100_000 / 1e6:.0f} dollars"),
    ("agents_and_structured_output", f"{(1 - 0.2**4) * 100:.1f} percent"),
    ("agents_and_structured_output", f"{0.8**4 * 100:.0f} percent"),
    ("measuring_hallucination", "from {:.1f} to {:.1f} percent".format(*wilson(3, 200))),
    ("measuring_hallucination", f"= {(0.08 - 0.05) / (0.8 - 0.05) * 100:.0f} percent"),
    ("measuring_hallucination", f"/ 0.08 = {0.05 * (1 - 0.04) / 0.08 * 100:.0f} percent"),
]


def words(name: str) -> str:
    return " ".join((NOTES / f"{name}.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(("name", "number"), WORKED)
def test_worked_number_is_right(name: str, number: str) -> None:
    assert number in words(name)


def test_peeking_inflates_false_alarms_as_much_as_the_note_says() -> None:
    steps = np.random.default_rng(0).normal(size=(100_000, 14)).cumsum(axis=1)
    seen = np.abs(steps / np.sqrt(np.arange(1, 15))) > stats.norm.ppf(0.975)
    assert seen.any(axis=1).mean() == pytest.approx(0.22, abs=0.006)
    assert "22.0 percent at some of 14" in words("ab_testing")


def test_rotary_scores_depend_on_the_distance_only() -> None:
    def rotated(vector: tuple[float, float], position: int) -> complex:
        return complex(*vector) * np.exp(1j * 0.3 * position)

    near = (rotated((1, 0.5), 5) * rotated((0.3, -1), 2).conjugate()).real
    far = (rotated((1, 0.5), 105) * rotated((0.3, -1), 102).conjugate()).real
    assert near == pytest.approx(far)
    assert f"{near:.4f}".replace("-", "−") in words("positional_encodings")


@pytest.mark.parametrize("path", sorted(NOTES.glob("*.md")), ids=lambda path: path.stem)
def test_notes_are_short_headed_and_say_how_it_is_asked(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert text.count("\n## ") >= 4
    assert 250 <= len(text.split()) <= 500
    assert "## Pitfalls" in text or "Weak versions" in text
