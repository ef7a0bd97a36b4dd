"""Have the scores changed? Window against baseline, by segment; an alert only when a shift lasts.

An alert needs a shift that lasts: two windows in a row, each shifted against the same baseline and the same way, and
both together by enough to matter after Holm's correction over every segment and test of the week. Measured on simulated
spells of eight judged weeks in 14 segments: without a shift, 5.5 % of 400 raised an alert somewhere at 60 interviews a
week and 1 % at 25 (on the whole alone 0.5 % and 1 %); of 40 with a shift of half a point 98 % were told at 60 a week
and 38 % at 25, of a whole point all.

How a window is compared with its baseline is in `shift.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np

from evaluators.reliability.shift import ALPHA, LEAST_POINTS, Comparison, Part, compare, corrected, joined
from knowledge.models import Frozen

FEWEST = 20  # interviews in a window and in its baseline; with fewer, only a shift of whole points could be seen
BASELINE = 4  # windows before those that are judged
_MONDAY = date(1970, 1, 5)


class Record(NamedTuple):
    """One answer's score; `overall` is from 0 to 5, None when it could not be judged."""

    at: datetime
    interview: str
    overall: float | None
    segments: Mapping[str, str]
    versions: Mapping[str, str]


class Window(Frozen):
    """What happened in one window; `mean` and `median` are over interviews, None without a scored one."""

    start: date
    interviews: int
    answers: int
    mean: float | None
    median: float | None
    unscored: float


class Segment(Frozen):
    """One part of the scores, for example round = technical; the whole is dimension `all`."""

    dimension: str
    value: str
    windows: tuple[Window, ...]
    comparisons: tuple[Comparison, ...]


class Alert(Frozen):
    """A shift that has lasted for two windows.

    Attributes:
        what: whether the scores moved, or the share that got none.
        since: the first day of the first of the two windows.
        both: the two windows together against their baseline, corrected for how many segments were compared.
        windows: each of them alone, not corrected.
        new_versions: seen in the two windows and not in their baseline: where to look first.
    """

    dimension: str
    value: str
    what: Literal["scores", "unscored"]
    since: date
    both: Comparison
    windows: tuple[Comparison, Comparison]
    new_versions: tuple[str, ...] = ()


class Drift(Frozen):
    """The whole: what was compared, what was not (`thin` segments had too few interviews), what has shifted."""

    window_days: int
    fewest: int
    interviews: int
    answers: int
    segments: tuple[Segment, ...]
    thin: int
    alerts: tuple[Alert, ...]

    @property
    def compared(self) -> bool:
        """Whether anything could be compared at all."""
        return any(segment.comparisons for segment in self.segments)

    @property
    def not_lasting_yet(self) -> tuple[tuple[Segment, Comparison], ...]:
        """The parts that the newest window has shifted, without an alert so far: the next shows whether it lasts."""
        newest = max((window.start for segment in self.segments for window in segment.windows), default=None)
        told = {(a.dimension, a.value) for a in self.alerts if newest and newest - a.since <= self._remembered}
        last = ((segment, segment.comparisons[-1]) for segment in self.segments if segment.comparisons)
        return tuple(
            (segment, comparison)
            for segment, comparison in last
            if comparison.shifted and comparison.start == newest and (segment.dimension, segment.value) not in told
        )

    @property
    def _remembered(self) -> timedelta:
        return timedelta(days=BASELINE * self.window_days)


_Key = tuple[str, str]
_ALL: _Key = ("all", "")


def drift(
    records: Sequence[Record],
    *,
    windows: int = 12,
    window_days: int = 7,
    fewest: int = FEWEST,
    until: date | None = None,
) -> Drift:
    """Return how the scores moved over the last `windows` windows.

    Args:
        records: one for each answer, in any order.
        windows: how many are shown and judged; older ones serve as baseline.
        window_days: length of a window; windows begin on Mondays when it is 7.
        fewest: interviews that a window and its baseline need before they are compared.
        until: a day of the last window; that of the newest record when not given.
    """
    if not records:
        return Drift(window_days=window_days, fewest=fewest, interviews=0, answers=0, segments=(), thin=0, alerts=())
    last = _number(until or _day(max(r.at for r in records)), window_days)
    first = last - windows + 1
    kept = [r for r in records if first - BASELINE - 1 <= _number(_day(r.at), window_days) <= last]
    parts = _by_segment(kept, window_days)
    segments = [_segment(key, spans, range(first, last + 1), window_days) for key, spans in parts.items()]
    compared = _week_by_week(parts, range(first, last + 1), window_days, fewest)
    segments = [s.model_copy(update={"comparisons": compared[s.dimension, s.value]}) for s in segments]
    shown = tuple(s for s in segments if s.comparisons or s.dimension == "all")
    return Drift(
        window_days=window_days,
        fewest=fewest,
        interviews=len({r.interview for r in records}),
        answers=len(records),
        segments=shown,
        thin=len(segments) - len(shown),
        alerts=tuple(_alerts(parts, range(first, last + 1), kept, window_days, fewest)),
    )


def _by_segment(records: Iterable[Record], window_days: int) -> dict[_Key, dict[int, Part]]:
    """Return the parts of every segment by window number; a segment that holds everything is the whole itself."""
    held: dict[_Key, dict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    held[_ALL] = defaultdict(list)
    for record in records:
        for key in (_ALL, *record.segments.items()):
            held[key][_number(_day(record.at), window_days)].append(record)
    size = {key: sum(map(len, spans.values())) for key, spans in held.items()}
    return {
        key: {number: _part(found) for number, found in spans.items()}
        for key, spans in sorted(held.items(), key=lambda item: (item[0] != _ALL, item[0]))
        if key == _ALL or size[key] < size[_ALL]
    }


def _part(records: Sequence[Record]) -> Part:
    by_interview: dict[str, list[float | None]] = defaultdict(list)
    for record in records:
        by_interview[record.interview].append(record.overall)
    means, shares = [], []
    for scores in by_interview.values():
        given = [score for score in scores if score is not None]
        shares.append(1 - len(given) / len(scores))
        if given:
            means.append(sum(given) / len(given))
    return Part(np.array(means, float), np.array(shares, float), len(records))


def _segment(key: _Key, spans: Mapping[int, Part], shown: range, window_days: int) -> Segment:
    windows = []
    for number in shown:
        part = spans.get(number)
        if part is not None:
            scored = len(part.scores) > 0
            windows.append(
                Window(
                    start=_start(number, window_days),
                    interviews=len(part.unscored),
                    answers=part.answers,
                    mean=float(part.scores.mean()) if scored else None,
                    median=float(np.median(part.scores)) if scored else None,
                    unscored=float(part.unscored.mean()),
                )
            )
    return Segment(dimension=key[0], value=key[1], windows=tuple(windows), comparisons=())


def _week_by_week(
    parts: Mapping[_Key, Mapping[int, Part]], shown: range, window_days: int, fewest: int
) -> dict[_Key, tuple[Comparison, ...]]:
    """Return every segment's windows against those just before each, corrected over the segments of a window."""
    found: dict[_Key, list[Comparison]] = {key: [] for key in parts}
    for number in shown:
        before = range(number - BASELINE, number)
        for key, comparison in corrected(_compared(parts, range(number, number + 1), before, window_days, fewest)):
            found[key].append(comparison)
    return {key: tuple(comparisons) for key, comparisons in found.items()}


def _alerts(
    parts: Mapping[_Key, Mapping[int, Part]], shown: range, records: Sequence[Record], window_days: int, fewest: int
) -> Iterator[Alert]:
    """Yield the shifts that last; one that goes on is told once, until the baseline has taken it in."""
    told: dict[_Key, int] = {}
    for number in shown:
        for alert in _lasting(parts, number, window_days, fewest):
            key = alert.dimension, alert.value
            if told.get(key, number - BASELINE - 1) < number - BASELINE:
                new = _new_versions(key, number, records, window_days)
                yield alert.model_copy(update={"new_versions": new})
            told[key] = number


def _lasting(parts: Mapping[_Key, Mapping[int, Part]], number: int, window_days: int, fewest: int) -> Iterator[Alert]:
    """Yield the segments that were shifted in window `number` and in the one before, the whole first."""
    before = range(number - BASELINE - 1, number - 1)
    first = _compared(parts, range(number - 1, number), before, window_days, fewest)
    second = _compared(parts, range(number, number + 1), before, window_days, fewest)
    pairs = _compared(parts, range(number - 1, number + 1), before, window_days, fewest)
    for key, both in corrected({key: pairs[key] for key in pairs if key in first and key in second}):
        windows = first[key], second[key]
        if both.shifted and _in_each(both, windows):
            yield Alert(dimension=key[0], value=key[1], what=both.shifted, since=both.start, both=both, windows=windows)


def _in_each(both: Comparison, windows: tuple[Comparison, Comparison]) -> bool:
    """Whether what is true of two windows together is true of each."""
    if both.shifted == "unscored":
        return all(c.unscored_p < ALPHA and c.unscored * both.unscored > 0 for c in windows)
    by_distance = both.ks_p <= both.psi_p
    if any((c.ks_p if by_distance else c.psi_p) >= ALPHA for c in windows):
        return False
    # A change of shape alone has no direction; one of the mean has.
    return max(abs(c.points) for c in windows) < LEAST_POINTS or windows[0].points * windows[1].points > 0


def _compared(
    parts: Mapping[_Key, Mapping[int, Part]], now: range, before: range, window_days: int, fewest: int
) -> dict[_Key, Comparison]:
    """Compare the windows `now` of every segment, as one, with those `before`; segments with too few are left out."""
    found: dict[_Key, Comparison] = {}
    for key, spans in parts.items():
        later, earlier = (joined([spans[n] for n in numbers if n in spans]) for numbers in (now, before))
        if min(len(later.unscored), len(earlier.unscored)) >= fewest:
            found[key] = compare(_start(now[0], window_days), later, earlier)
    return found


def _new_versions(key: _Key, number: int, records: Sequence[Record], window_days: int) -> tuple[str, ...]:
    """Return the versions that were seen in the two windows and not in their baseline."""
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for record in records:
        at = _number(_day(record.at), window_days)
        inside = key == _ALL or record.segments.get(key[0]) == key[1]
        if inside and number - BASELINE - 1 <= at <= number:
            seen[at >= number - 1] |= {f"{name} {version}" for name, version in record.versions.items()}
    return tuple(sorted(seen[True] - seen[False]))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _number(day: date, window_days: int) -> int:
    return (day - _MONDAY).days // window_days


def _start(number: int, window_days: int) -> date:
    return _MONDAY + timedelta(days=number * window_days)
