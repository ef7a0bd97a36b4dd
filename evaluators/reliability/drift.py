"""Have the scores changed? Window against baseline, by segment; an alert only when a shift lasts.

The unit is the interview, not the answer: answers of one interview come from one person, so a test that takes them for
independent draws finds shifts that are not there. Three things are compared with what was before: the distribution of
scores by the two-sample Kolmogorov–Smirnov test, the same by the population stability index, and the share of answers
that got no score, because a judge that breaks does not score lower: it falls silent.

An alert needs a shift that lasts: two windows in a row, each shifted against the same baseline and the same way, and
both together by enough to matter after Holm's correction over every segment and test of the week. Measured on simulated
spells of eight judged weeks in 14 segments: without a shift, 5.5 % of 400 raised an alert somewhere at 60 interviews a
week and 1 % at 25 (on the whole alone 0.5 % and 1 %); of 40 with a shift of half a point 98 % were told at 60 a week
and 38 % at 25, of a whole point all.

Source: Holm 1979; distribution of the index, Yurdakul 2018, Statistical properties of the population stability index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.distribution_shift import ks_test, population_stability_index
from knowledge.models import Frozen

Values = NDArray[np.float64]

FEWEST = 20  # interviews in a window and in its baseline; with fewer, only a shift of whole points could be seen
BASELINE = 4  # windows before those that are judged
ALPHA = 0.05
LEAST_POINTS = 0.3  # of 5: a smaller difference of means changes hardly a verdict
LEAST_PSI = 0.25  # the customary limit
LEAST_UNSCORED = 0.1  # difference of the shares that got no score
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


class Comparison(Frozen):
    """A window against its baseline.

    Attributes:
        points: mean now minus mean before, of 5, with its 95 % interval `points_interval`.
        ks, ks_p: the largest distance of the distribution functions; its p-value.
        psi, psi_p: the index; its p-value, since on small samples chance alone exceeds the customary limits.
        unscored: share of answers without a score now minus before, with its p-value `unscored_p`.
        adjusted: the smallest of the three p-values, after Holm's correction over all segments where it was made.
        shifted: what changed by more than chance and by enough to matter; empty when nothing did.
    """

    start: date
    interviews: int
    baseline_interviews: int
    points: float
    points_interval: tuple[float, float]
    ks: float
    ks_p: float
    psi: float
    psi_p: float
    unscored: float
    unscored_p: float
    adjusted: float = 1.0
    shifted: Literal["", "scores", "unscored"] = ""


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


class _Part(NamedTuple):
    """The records of one segment in a span of time: a mean score and a share without a score for each interview."""

    scores: Values
    unscored: Values
    answers: int


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


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values after Holm's correction, which holds whatever their dependence."""
    order = np.argsort(p_values, kind="stable")
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted


def _by_segment(records: Iterable[Record], window_days: int) -> dict[_Key, dict[int, _Part]]:
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


def _part(records: Sequence[Record]) -> _Part:
    by_interview: dict[str, list[float | None]] = defaultdict(list)
    for record in records:
        by_interview[record.interview].append(record.overall)
    means, shares = [], []
    for scores in by_interview.values():
        given = [score for score in scores if score is not None]
        shares.append(1 - len(given) / len(scores))
        if given:
            means.append(sum(given) / len(given))
    return _Part(np.array(means, float), np.array(shares, float), len(records))


def _segment(key: _Key, spans: Mapping[int, _Part], shown: range, window_days: int) -> Segment:
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
    parts: Mapping[_Key, Mapping[int, _Part]], shown: range, window_days: int, fewest: int
) -> dict[_Key, tuple[Comparison, ...]]:
    """Return every segment's windows against those just before each, corrected over the segments of a window."""
    found: dict[_Key, list[Comparison]] = {key: [] for key in parts}
    for number in shown:
        before = range(number - BASELINE, number)
        for key, comparison in _corrected(_compared(parts, range(number, number + 1), before, window_days, fewest)):
            found[key].append(comparison)
    return {key: tuple(comparisons) for key, comparisons in found.items()}


def _alerts(
    parts: Mapping[_Key, Mapping[int, _Part]], shown: range, records: Sequence[Record], window_days: int, fewest: int
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


def _lasting(parts: Mapping[_Key, Mapping[int, _Part]], number: int, window_days: int, fewest: int) -> Iterator[Alert]:
    """Yield the segments that were shifted in window `number` and in the one before, the whole first."""
    before = range(number - BASELINE - 1, number - 1)
    first = _compared(parts, range(number - 1, number), before, window_days, fewest)
    second = _compared(parts, range(number, number + 1), before, window_days, fewest)
    pairs = _compared(parts, range(number - 1, number + 1), before, window_days, fewest)
    for key, both in _corrected({key: pairs[key] for key in pairs if key in first and key in second}):
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
    parts: Mapping[_Key, Mapping[int, _Part]], now: range, before: range, window_days: int, fewest: int
) -> dict[_Key, Comparison]:
    """Compare the windows `now` of every segment, as one, with those `before`; segments with too few are left out."""
    found: dict[_Key, Comparison] = {}
    for key, spans in parts.items():
        later, earlier = (_joined([spans[n] for n in numbers if n in spans]) for numbers in (now, before))
        if min(len(later.unscored), len(earlier.unscored)) >= fewest:
            found[key] = _compare(_start(now[0], window_days), later, earlier)
    return found


def _joined(parts: Sequence[_Part]) -> _Part:
    nothing = np.zeros(0)
    return _Part(
        np.concatenate([nothing, *(part.scores for part in parts)]),
        np.concatenate([nothing, *(part.unscored for part in parts)]),
        sum(part.answers for part in parts),
    )


def _compare(start: date, now: _Part, before: _Part) -> Comparison:
    ks, ks_p, psi, psi_p, points, half = 0.0, 1.0, 0.0, 1.0, 0.0, 0.0
    if min(len(now.scores), len(before.scores)) >= 2:
        ks, ks_p = ks_test(before.scores, now.scores)
        psi, psi_p = _stability(before.scores, now.scores)
        points = float(now.scores.mean() - before.scores.mean())
        half = 1.96 * float(np.sqrt(sum(x.var(ddof=1) / len(x) for x in (now.scores, before.scores))))
    return Comparison(
        start=start,
        interviews=len(now.unscored),
        baseline_interviews=len(before.unscored),
        points=points,
        points_interval=(points - half, points + half),
        ks=ks,
        ks_p=ks_p,
        psi=psi,
        psi_p=psi_p,
        unscored=float(now.unscored.mean() - before.unscored.mean()),
        unscored_p=ks_test(before.unscored, now.unscored).p_value,
    )


def _stability(before: Values, now: Values) -> tuple[float, float]:
    """Return the index, and how likely bins as different are by chance: the χ² test of the same counts.

    The index itself is nearly a χ² over `1/n + 1/m`, but its logarithm has the heavier tail: at a nominal 0.1 % it
    called 0.25 to 0.55 % of equal samples different, the test 0.1 %.
    """
    from scipy.special import chdtrc

    fewer = min(len(before), len(now))
    bins = int(np.clip(fewer // 10, 3, 10))
    index = population_stability_index(before, now, bins, floor=0.5 / fewer)
    cuts = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))  # ties leave fewer bins
    e, a = (np.bincount(np.searchsorted(cuts, x, side="right"), minlength=len(cuts) + 1) for x in (before, now))
    filled = (e + a) > 0
    ratio = np.sqrt(len(now) / len(before))
    statistic = float(np.sum((a[filled] / ratio - e[filled] * ratio) ** 2 / (a + e)[filled]))
    return index, float(chdtrc(max(1, int(filled.sum()) - 1), statistic))


def _corrected(found: Mapping[_Key, Comparison]) -> Iterator[tuple[_Key, Comparison]]:
    """Yield the comparisons, decided after Holm's correction over all of them and their three tests."""
    adjusted = holm([p for c in found.values() for p in (c.ks_p, c.psi_p, c.unscored_p)])
    for position, (key, comparison) in enumerate(found.items()):
        ks_p, psi_p, unscored_p = adjusted[3 * position : 3 * position + 3]
        shifted: Literal["", "scores", "unscored"] = ""
        if unscored_p < ALPHA and abs(comparison.unscored) >= LEAST_UNSCORED:
            shifted = "unscored"
        moved = ks_p < ALPHA and abs(comparison.points) >= LEAST_POINTS
        if moved or (psi_p < ALPHA and comparison.psi >= LEAST_PSI):
            shifted = "scores"
        yield key, comparison.model_copy(update={"adjusted": min(ks_p, psi_p, unscored_p), "shifted": shifted})


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
