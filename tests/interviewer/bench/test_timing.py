from __future__ import annotations

from collections.abc import Callable

import pytest

from interviewer.bench import timing


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Callable[[], None]]:
    """A clock that only the measured functions move."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def takes(seconds: float) -> Callable[[], None]:
        def work() -> None:
            now[0] += seconds

        return work

    return takes


def test_ratios_and_aims(clock: Callable[[float], Callable[[], None]]) -> None:
    slow, fast = timing.compare("work", "1", clock(0.02), {"slow": (clock(0.04), 0.4), "fast": (clock(0.01), 3.0)}, 1.0)
    assert (slow.against, slow.ratio, slow.met) == ("slow", pytest.approx(0.5), False)
    assert (fast.against, fast.ratio, fast.met) == ("fast", pytest.approx(2.0), True)
    assert slow.milliseconds == pytest.approx(20.0)
    assert fast.their_milliseconds == pytest.approx(10.0)
    assert slow.repeats == fast.repeats == 5  # 0.21 s a round of three turns


def test_at_least_three_turns_and_at_most_as_many_as_asked(clock: Callable[[float], Callable[[], None]]) -> None:
    (few,) = timing.compare("work", "1", clock(9.0), {"other": (clock(9.0), None)}, 1.0)
    assert (few.repeats, few.met) == (3, None)
    (many,) = timing.compare("work", "1", clock(1e-6), {"other": (clock(1e-6), None)}, 1.0, most=7)
    assert many.repeats == 7


def test_one_slow_turn_does_not_move_the_ratio() -> None:
    found = timing.comparison("work", "1", "other", [1.0, 1.0, 50.0], [2.0, 2.0, 2.0], None)
    assert found.ratio == 0.5
    assert found.best_ratio == 0.5
