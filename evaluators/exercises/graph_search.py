"""Best-first search on a proximity graph. Source: Malkov and Yashunin, HNSW, 2018, algorithm 2, arXiv:1603.09320."""

from __future__ import annotations

import heapq

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Wrong,
)

TASK = """
Write the search on one layer of an HNSW index: walk along a graph of neighbours towards the query, keeping the
best `beam` vectors found so far.

- `vectors` is `(n, d)`; `neighbours[i]` is the list of nodes that node `i` links to; distances are Euclidean and
  distinct
- start: the entry node is visited, it is the only candidate and the only result
- repeat: take the nearest candidate not yet expanded; if there are already `beam` results and it is farther than
  the worst of them, stop. Otherwise visit its unvisited neighbours: each becomes a candidate and a result if
  there are fewer than `beam` results or it is nearer than the worst, which it then replaces
- `k <= beam`; at least `k` nodes can be reached

Return the numbers of the `k` nearest results, nearest first.
"""


def reference(
    vectors: Array, neighbours: list[list[int]], query: Array, entry: int, k: int, beam: int, bugs: Bugs = NO_BUGS
) -> list[int]:
    distance = np.linalg.norm(vectors - query, axis=1)
    width = 1 if "local_minimum" in bugs else beam
    visited, seen = {entry}, [entry]
    candidates = [(float(distance[entry]), entry)]
    results = [] if "entry_not_scored" in bugs else [(float(distance[entry]), entry)]
    while candidates:
        near, node = heapq.heappop(candidates)
        if len(results) >= width and near > results[-1][0]:
            break
        for other in neighbours[node]:
            if other in visited:
                continue
            visited.add(other)
            seen.append(other)
            if len(results) < width or distance[other] < results[-1][0]:
                heapq.heappush(candidates, (float(distance[other]), other))
                results = sorted([*results, (float(distance[other]), other)])[:width]
    found = [node for _, node in results]
    if "local_minimum" in bugs:
        found = sorted(seen, key=lambda node: float(distance[node]))
    if "farthest_kept" in bugs:
        found = found[::-1]
    count = k - 1 if "one_too_few" in bugs else k
    nearest = found[:count]
    return nearest[::-1] if "order_reversed" in bugs else nearest


def cases(rng: np.random.Generator) -> list[Case]:
    def turned(points: list[tuple[float, float]]) -> Array:
        angle = rng.uniform(0, 2 * np.pi)
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.array(points) @ rotation.T

    line = turned([(0, 0), (1, 0), (2.1, 0), (3.3, 0), (4.6, 0), (6, 0)])
    chain = [[1], [0, 2], [1, 3], [2, 4], [3, 5], [4]]
    detour = turned([(0, 0), (3, 0.1), (3.4, 2), (2.6, 2.9), (1.2, 2.8), (0.3, 1.1), (0.9, 1.9)])
    way = [[1], [0, 2], [1, 3], [2, 4], [3, 6], [6], [4, 5]]
    vectors = rng.normal(size=(30, 2))
    order = np.argsort(np.linalg.norm(vectors[:, None] - vectors[None], axis=2), axis=1)
    linked = [[int(other) for other in row[1:5]] + [(i + 1) % 30] for i, row in enumerate(order)]
    return [
        Case("a chain", (line, chain, line[4] + 0.01, 0, 2, 3)),
        Case("the entry is the answer", (line, chain, line[2] + 0.01, 2, 2, 4)),
        Case("a local minimum on the way", (detour, way, detour[5] + 0.01, 0, 2, 5)),
        Case("thirty points", (vectors, linked, rng.normal(size=2), int(rng.integers(30)), 4, 8)),
    ]


EXERCISE = Exercise(
    slug="graph_search",
    title="Search on a proximity graph (HNSW)",
    topic="retrieval",
    level="staff",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[0.0], [1.0], [2.1], [3.3]]), [[1], [0, 2], [1, 3], [2]], np.array([2.0]), 0, 2, 2),
    wrong=(
        Wrong(
            "local_minimum",
            "The walk stops as soon as no neighbour is nearer: a beam of one. It is stuck in the first local "
            "minimum, and recall drops on real data, where the way to the nearest vector often leads past "
            "farther ones. Keep several results and go on while a candidate can still improve the worst.",
            "No neighbour of the current node is nearer. Is the current node the answer?",
        ),
        Wrong(
            "farthest_kept",
            "The farthest of the results are returned. Python's heap is a min-heap, and the results need the "
            "opposite of the candidates; somewhere a sign or a sort is the wrong way round.",
            "Of your results, which one would you throw away first?",
            TERM,
        ),
        Wrong(
            "entry_not_scored",
            "The entry node is never among the results. Usually it is marked as visited, but not added. In a "
            "real index the entry is rarely the answer, so it hides for long, and then one vector can never be "
            "found.",
            "The query is the entry's own vector. What do you return?",
            EDGE,
        ),
        Wrong(
            "order_reversed",
            "The right nodes come back in the reverse order. Whoever takes the first hit gets the worst of "
            "them. Sort by distance before returning.",
            "Which of your results is the first in the list?",
            EDGE,
        ),
        Wrong(
            "one_too_few",
            "One result is missing. Often the query's own vector was expected among the results and cut off, "
            "or a slice ends one too early. The statement asks for k.",
            "You asked for k results. How many came back?",
            EDGE,
        ),
    ),
    hints=(
        "Two collections: candidates still to expand, nearest first, and the best results so far.",
        "A node enters both at the same moment, when it is first visited and good enough.",
        "The search is over when the nearest candidate is farther than the worst result.",
    ),
    follow_ups=(
        "What do beam, number of links and layers trade against each other?",
        "How do you delete from such a graph, and how do you filter by metadata?",
        "How does product quantisation change memory and the order of results?",
    ),
    complexity="About O(beam · links · d) per query in practice; O(n) in the worst case.",
    source="Malkov, Yashunin 2018, arXiv:1603.09320, algorithm 2",
    minutes=35,
)
