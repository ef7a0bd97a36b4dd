"""Consistent hashing. Source: Karger et al., STOC 1997."""

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
    Growth,
    Value,
    Wrong,
)

TASK = """
Find the node of each key on a consistent-hash ring.

- `node_positions` is `(nodes, v)`, integers: each node sits at `v` positions of the ring (its virtual nodes); all
  positions differ
- `key_positions` is `(k,)`, integers on the same ring; no key shares a position with a node
- a key belongs to the first virtual node clockwise from it, that is, at the next larger position; past the last
  position the ring starts again at the smallest

Return the number of the owning node for each key, integers of shape `(k,)`.
"""


def reference(node_positions: Array, key_positions: Array, bugs: Bugs = NO_BUGS) -> Array:
    nodes, virtual = node_positions.shape
    if "modulo" in bugs:
        return key_positions % nodes
    used = 1 if "virtual_nodes_ignored" in bugs else virtual
    positions = node_positions[:, :used].ravel()
    order = np.argsort(positions)
    owners = np.repeat(np.arange(nodes), used)[order]
    after = np.searchsorted(positions[order], key_positions)
    if "counter_clockwise" in bugs:
        after = after - 1
    if "no_wrap_around" in bugs:
        return owners[np.clip(after, 0, len(owners) - 1)]
    return owners[after % len(owners)]


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(nodes: int, v: int, keys: int) -> tuple[Array, Array]:
        drawn = rng.choice(np.arange(100, 900), size=nodes * v + keys, replace=False)
        positions = rng.permutation(drawn[: nodes * v])
        low, high = int(positions.argmin()), int(positions.argmax())
        if low // v == high // v:  # the smallest and the largest position belong to different nodes
            other = (high + v) % len(positions)
            positions[[high, other]] = positions[[other, high]]
        return positions.reshape(nodes, v), np.concatenate([drawn[nodes * v :], rng.integers(900, 1000, size=3)])

    return [Case("three nodes", draw(3, 2, 4)), Case("five nodes, many keys", draw(5, 8, 60))]


def grow(n: int, rng: np.random.Generator) -> tuple[Value, ...]:
    return rng.permutation(8 * n).reshape(n, 8), rng.integers(0, 8 * n, size=n)


EXERCISE = Exercise(
    slug="consistent_hashing",
    title="Consistent hashing",
    topic="systems",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[10, 60], [30, 80]]), np.array([5, 25, 70, 95])),
    wrong=(
        Wrong(
            "modulo",
            "Keys go to their hash modulo the number of nodes. It balances well, until a node joins: then nearly "
            "every key moves, and every cache is cold at once. The ring exists so that only a share of 1/n moves.",
            "You go from 10 nodes to 11. Which share of the keys changes its node?",
        ),
        Wrong(
            "no_wrap_around",
            "Keys past the last position go to the node there instead of to the first of the ring. It is a ring: "
            "after the largest position comes the smallest. The node at the end is overloaded, and readers that do "
            "wrap look elsewhere.",
            "A key lies behind the last node. Who owns it?",
            EDGE,
        ),
        Wrong(
            "virtual_nodes_ignored",
            "Only one position of each node is used. A few random points cut the ring into very unequal arcs, so "
            "one node may own half of all keys, and when it fails its only neighbour inherits everything.",
            "With five nodes at one random position each, how large is the largest share, roughly?",
            TERM,
        ),
        Wrong(
            "counter_clockwise",
            "Keys go to the node before them instead of the one after. It would be as good a rule, if every client "
            "used it; mixed with the stated one, half of the cluster looks in the wrong place.",
            "A key at 25, nodes at 10 and 30: who owns it by the statement?",
            TERM,
        ),
    ),
    hints=(
        "Sort all positions once, and remember who owns each.",
        "The next larger position is one binary search.",
        ("What does the binary search return for a key past the end?"),
    ),
    follow_ups=(
        "A node leaves. Which keys move, and where to?",
        "How many virtual nodes do you need for a balance within ten percent?",
        "What do rendezvous hashing and bounded loads do differently?",
    ),
    complexity="O((nodes · v + k) log(nodes · v)).",
    source="Karger et al. 1997",
    growth=Growth("O(n log n)", 1.5, (4_000, 8_000, 16_000, 32_000), grow),
)
