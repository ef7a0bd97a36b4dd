"""Each estimate of a scenario follows from the scenario's facts: it is computed here again, from the facts' numbers."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from knowledge.library import Library

DAY = 86_400
FACTORS = norm.ppf(0.975) + norm.ppf(0.8)  # 5 percent two-sided, 80 percent power

COMPUTED: dict[str, dict[str, float]] = {
    "recommendation": {
        "peak_requests": 20e6 * 15 / DAY * 4,
        "event_volume": 20e6 * 50 * 200 / 1e9,
        "item_vectors": 10e6 * 128 * 4 / 1e9,
        "user_vectors": 100e6 * 128 * 4 / 1e9,
    },
    "fraud_detection": {
        "peak_requests": 40e6 / DAY * 5,
        "frauds_a_day": 40e6 / 1000,
        "decline_threshold": 4 / (120 + 4),
        "feature_state": (60e6 + 30e6) * 1e3 / 1e9,
        "history_size": 730 * 40e6 * 500 / 1e12,
    },
    "ab_testing": {
        "peak_lookups": 10e6 * 30 / DAY * 3,
        "sample_size": 2 * FACTORS**2 * 0.04 * 0.96 / (0.0404 - 0.04) ** 2,
        "event_volume": 10e6 * 100 * 300 / 1e9,
        "retained": 10e6 * 100 * 300 * 400 / 1e12,
        "false_alarms": 200 * 0.05,
    },
    "rag_million_documents": {
        "passages_total": 1e6 * 4000 / 400,
        "vector_memory": 1e6 * 4000 / 400 * 768 * 4 / 1e9,
        "peak_questions": 2000 * 30 / (10 * 3600) * 6,
        "embedding_time": 1e6 * 4000 / 50_000 / 3600,
        "daily_cost": 2000 * 30 * ((10 * 400 + 500) * 1 + 300 * 4) / 1e6,
    },
    "llm_serving": {
        "cache_per_token": 2 * 32 * 8 * 128 * 2 / 1e3,
        "sequences_per_gpu": (72e9 - 8e9 * 2) / ((2000 + 500) * 2 * 32 * 8 * 128 * 2),
        "gpus": 50 * 500 / 2500,
        "prefill_saved": 50 * 1200,
        "daily_cost": 50 * 500 / 2500 * 2.5 * 24,
    },
    "feed_ranking": {
        "peak_requests": 50e6 * 10 / DAY * 2.5,
        "scores_a_second": 50e6 * 10 / DAY * 2.5 * 1000,
        "feature_memory": 20e6 * 7 * 1e3 / 1e9,
        "impression_log": 50e6 * 10 * 50 * 100 / 1e12,
    },
    "search_ranking": {
        "peak_queries": 30e6 / DAY * 5,
        "vector_memory": 200e6 * 384 / 1e9,
        "index_updates": 200e6 * 0.1 / DAY,
        "empty_searches": 30e6 * 0.08,
        "log_volume": 30e6 * 10 * 150 / 1e9,
    },
    "content_moderation": {
        "peak_messages": 200e6 / DAY * 4,
        "violations": 200e6 / 200,
        "review_capacity": 300 * 400,
        "model_cost": 200e6 * 200 * 0.2 / 1e6,
        "affordable_share": 500 / (200e6 * 200 * 0.2 / 1e6) * 100,
    },
    "churn_uplift": {
        "leavers": 20e6 * 0.03,
        "offers": 1e6 / 5,
        "revenue_lost": 20e6 * 0.03 * 12,
        "break_even": 5 / (12 * 0.5 * 6) * 100,
        "feature_matrix": 20e6 * 300 * 4 / 1e9,
    },
    "feature_store": {
        "row_reads": 20_000 * 3,
        "online_size": 150e6 * 2e3 * 3 / 1e9,
        "read_bandwidth": 20_000 * 3 * 2e3 / 1e6,
        "history": 150e6 * 2e3 * 365 / 1e12,
    },
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.mark.parametrize("name", COMPUTED)
def test_estimates_follow_from_the_facts(library: Library, name: str) -> None:
    stated = {estimate.id: estimate.value for estimate in library.scenarios[name].estimates}
    assert stated == pytest.approx(COMPUTED[name], rel=1e-3)


def test_no_estimate_goes_unchecked(library: Library) -> None:
    assert {name for name, one in library.scenarios.items() if one.estimates} == set(COMPUTED)


def test_the_chance_of_a_right_guess_stays_small(library: Library) -> None:
    """A tolerance beyond a factor of three would let a wrong order of magnitude pass."""
    assert {e.tolerance_factor <= 3 for s in library.scenarios.values() for e in s.estimates} == {True}
