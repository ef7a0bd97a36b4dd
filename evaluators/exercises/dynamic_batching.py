"""Dynamic batching of requests. Source: Crankshaw et al., Clipper, NSDI 2017."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
An inference server collects requests into batches. Compute when each request is sent to the model.

- `arrivals` is `(n,)`: arrival times in ascending order, all different
- a batch opens when a request arrives and none is open; it is sent as soon as it holds `max_size` requests, at
  that request's arrival, or `max_wait` after it was opened, whichever comes first
- a request that arrives after the deadline opens a new batch; none arrives exactly on it

Return the time at which each request's batch is sent, shape `(n,)`.
"""


def reference(arrivals: Array, max_size: int, max_wait: float, bugs: Bugs = NO_BUGS) -> Array:
    limit = max_size + 1 if "limit_off_by_one" in bugs else max_size
    if "size_ignored" in bugs:
        limit = len(arrivals) + 1
    sent = np.zeros(len(arrivals))
    first = 0
    while first < len(arrivals):
        last = first
        deadline = np.inf if "no_timeout" in bugs else arrivals[first] + max_wait
        while last + 1 < len(arrivals) and last + 1 - first < limit and arrivals[last + 1] <= deadline:
            last += 1
            if "timer_restarts" in bugs:
                deadline = arrivals[last] + max_wait
        full = last + 1 - first == limit
        time = arrivals[last] if full or "no_timeout" in bugs else deadline
        if "flushed_at_next_arrival" in bugs and not full and last + 1 < len(arrivals):
            time = arrivals[last + 1]
        if "flushed_at_the_end" in bugs and not full and last + 1 == len(arrivals):
            time = arrivals[last]
        sent[first : last + 1] = time
        first = last + 1
    return sent


def cases(rng: np.random.Generator) -> list[Case]:
    shift = float(rng.uniform(0, 50))
    drops = np.array([0.0, 3.0, 6.1, 9.3, 30.0, 31.0, 50.0]) + shift
    burst = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.6, 3.1]) + shift
    stream = np.cumsum(rng.exponential(2.0, size=25))
    return [
        Case("a burst", (burst, 3, 10.0)),
        Case("requests trickle in", (drops, 4, 5.0)),
        Case("a random stream", (stream, 4, 6.0)),
    ]


EXERCISE = Exercise(
    slug="dynamic_batching",
    title="Dynamic batching",
    topic="systems",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([0.0, 2.0, 3.0, 20.0]), 2, 5.0),
    wrong=(
        Wrong(
            "timer_restarts",
            "Every arrival restarts the timer. Under a steady trickle the batch is never due, and its first "
            "request waits far longer than max_wait promises. The deadline belongs to the moment when the batch "
            "was opened.",
            "A request arrives every 4 ms, the limit is 5 ms. When is the first one sent?",
        ),
        Wrong(
            "no_timeout",
            "A batch waits until it is full. At night, with few requests, the last ones wait for ever, or until "
            "the stream ends. The timeout bounds what batching may cost in latency.",
            "One request arrives, then nothing for a minute. When is it answered?",
        ),
        Wrong(
            "limit_off_by_one",
            "Batches hold one request too many: the size is compared before the new request is counted, or with > "
            "instead of >=. On a GPU that is sized to the limit, this one is out of memory.",
            "How many requests are in your fullest batch?",
            EDGE,
        ),
        Wrong(
            "size_ignored",
            "The size limit never acts; only the timer closes a batch. A burst then makes one huge batch, which "
            "runs out of memory or takes so long that everybody waits.",
            "A thousand requests arrive within a millisecond. How large is your batch?",
            TERM,
        ),
        Wrong(
            "flushed_at_the_end",
            "The batch that is open at the end is sent with the last request. The server does not know that nobody "
            "follows: it waits for more until the deadline. In a simulation the end of the list is easily taken for an "
            "event.",
            "How could the server know at that moment that no further request will come?",
            EDGE,
        ),
        Wrong(
            "flushed_at_next_arrival",
            "The deadline is only looked at when the next request arrives. The expired batch is sent then, late by "
            "the whole gap between requests. A real server needs a timer of its own, not one that is driven by "
            "traffic.",
            "The deadline passes while nothing arrives. Who sends the batch?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "nobody waits longer than max_wait, and nobody is sent before arriving",
            lambda args, out: np.all(out >= args[0] - 1e-9) and np.all(out - args[0] <= args[2] + 1e-6),
            "each request is sent between its arrival and max_wait after it",
        ),
    ),
    hints=(
        "Keep the open batch: when it was opened, and who is in it.",
        "At each arrival, first ask whether the open batch is overdue; its time is its deadline, not now.",
        "After the last arrival one batch may still be open. When is it sent?",
    ),
    follow_ups=(
        "How do you choose size and wait for a latency target at the 99th percentile?",
        "What is continuous batching, and why do language models need it?",
        "Requests differ in length. What does padding do to your batches?",
    ),
    complexity="O(n).",
    source="Crankshaw et al. 2017",
    minutes=20,
)
