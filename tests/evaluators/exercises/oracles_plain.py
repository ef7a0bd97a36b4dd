"""The exercises that no library answers, written a second time, as slowly and literally as the statement reads."""

from __future__ import annotations

import bisect
import cmath
import math

import numpy as np


def bias_variance(predictions, truth, noise_variance):
    runs, n = predictions.shape
    bias = sum((sum(predictions[r][i] for r in range(runs)) / runs - truth[i]) ** 2 for i in range(n)) / n
    error = sum((predictions[r][i] - truth[i]) ** 2 for r in range(runs) for i in range(n)) / (runs * n)
    return bias, error - bias, error + noise_variance


def lasso_coordinate_descent(X, y, lam, sweeps):
    """Each coordinate by comparing the candidates of the piecewise quadratic: both stationary points, and zero."""
    w = np.zeros(X.shape[1])
    for _ in range(sweeps):
        for j in range(len(w)):
            options = []
            rest = y - X @ np.where(np.arange(len(w)) == j, 0.0, w)
            for sign in (-1, 0, 1):
                value = 0.0 if sign == 0 else (X[:, j] @ rest - sign * lam) / (X[:, j] @ X[:, j])
                if sign * value >= 0:
                    loss = 0.5 * np.sum((rest - X[:, j] * value) ** 2) + lam * abs(value)
                    options.append((loss, value))
            w[j] = min(options)[1]
    return w


def sinusoidal_positions(length, d):
    table = np.zeros((length, d))
    for position in range(length):
        for feature in range(0, d, 2):
            wave = cmath.exp(1j * position / 10000 ** (feature / d))
            table[position, feature : feature + 2] = wave.imag, wave.real
    return table


def sample_characters(logits, temperature, u):
    drawn = []
    for row, number in zip(logits, u, strict=True):
        weights = [math.exp((z - max(row)) / temperature) for z in row]
        running, target = 0.0, number * sum(weights)
        index = 0
        for weight in weights[:-1]:
            running += weight
            if running > target:
                break
            index += 1
        drawn.append(index)
    return np.array(drawn)


def masked_language_targets(tokens, u_select, u_action, random_ids, special_ids, mask_id):
    inputs, labels = tokens.copy(), np.full_like(tokens, -100)
    for place in np.ndindex(tokens.shape):
        if u_select[place] >= 0.15 or tokens[place] in special_ids:
            continue
        labels[place] = tokens[place]
        if u_action[place] < 0.8:
            inputs[place] = mask_id
        elif u_action[place] < 0.9:
            inputs[place] = random_ids[place]
    return inputs, labels


def bm25(documents, query, k1, b):
    split = [document.split(" ") for document in documents]
    mean = sum(map(len, split)) / len(split)
    scores = []
    for words in split:
        score = 0.0
        for term in query.split(" "):
            df, tf = sum(term in other for other in split), words.count(term)
            idf = math.log1p((len(split) - df + 0.5) / (df + 0.5))
            score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(words) / mean))
        scores.append(score)
    return np.array(scores)


def reciprocal_rank_fusion(rankings, n, k):
    return np.array([sum(1 / (k + 1 + ranking.index(i)) for ranking in rankings if i in ranking) for i in range(n)])


def consistent_hashing(node_positions, key_positions):
    ring = sorted((int(position), node) for node, row in enumerate(node_positions) for position in row)
    places = [position for position, _ in ring]
    return np.array([ring[bisect.bisect(places, int(key)) % len(ring)][1] for key in key_positions])


def dynamic_batching(arrivals, max_size, max_wait):
    """A clock that knows two kinds of events: an arrival, and the deadline of the open batch."""
    sent, waiting, deadline = np.zeros(len(arrivals)), [], math.inf
    for request, now in enumerate([*arrivals, math.inf]):
        if deadline < now:
            sent[waiting] = deadline
            waiting, deadline = [], math.inf
        if request == len(arrivals):
            break
        if not waiting:
            deadline = now + max_wait
        waiting.append(request)
        if len(waiting) == max_size:
            sent[waiting] = now
            waiting, deadline = [], math.inf
    return sent


def graph_search(vectors, neighbours, query, entry, k, beam):
    """The statement's search on plain lists that are sorted again at every step."""
    far = [math.dist(vector, query) for vector in vectors]
    open_nodes, best, seen = [entry], [entry], {entry}
    while open_nodes:
        open_nodes.sort(key=lambda node: far[node])
        node = open_nodes.pop(0)
        if len(best) == beam and far[node] > max(far[each] for each in best):
            break
        for other in neighbours[node]:
            if other in seen:
                continue
            seen.add(other)
            worst = max(best, key=lambda each: far[each])
            if len(best) < beam:
                best.append(other)
            elif far[other] < far[worst]:
                best[best.index(worst)] = other
            else:
                continue
            open_nodes.append(other)
    return sorted(best, key=lambda each: far[each])[:k]


ORACLES = {
    name: value for name, value in globals().items() if callable(value) and getattr(value, "__module__", "") == __name__
}
