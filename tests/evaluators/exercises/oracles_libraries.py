"""The exercises by scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
from scipy import special, stats
from sklearn import linear_model, metrics, model_selection, neighbors
from sklearn.feature_extraction.text import TfidfVectorizer


def ridge(X, y, lam):
    model = linear_model.Ridge(alpha=lam, solver="svd").fit(X, y)
    return model.coef_, model.intercept_


def learning_curve(X, y, X_val, y_val, sizes, lam):
    errors = []
    for size in sizes:
        model = linear_model.Ridge(alpha=lam, fit_intercept=False, solver="svd").fit(X[:size], y[:size])
        pairs = (X[:size], y[:size]), (X_val, y_val)
        errors.append([metrics.mean_squared_error(target, model.predict(rows)) for rows, target in pairs])
    return tuple(np.array(errors).T)


def k_fold(n, k):
    return list(model_selection.KFold(k).split(np.zeros((n, 1))))


def stratified_k_fold(y, k):
    folds = np.empty(len(y), dtype=int)
    for fold, (_, test) in enumerate(model_selection.StratifiedKFold(k).split(np.zeros((len(y), 1)), y)):
        folds[test] = fold
    return folds


def threshold_at_precision(y, scores, min_precision):
    precision, recall, thresholds = metrics.precision_recall_curve(y, scores)
    good = [i for i in range(len(thresholds)) if precision[i] >= min_precision]
    if not good:
        return None
    best = max(good, key=lambda i: (recall[i], thresholds[i]))
    return thresholds[best], precision[best], recall[best]


def roc_auc(y, scores):
    return metrics.roc_auc_score(y, scores)


def ndcg_at_k(relevances, k):
    if not np.any(relevances):
        return 0.0
    gains = 2.0 ** np.asarray(relevances) - 1
    return metrics.ndcg_score(gains[None], -np.arange(len(gains), dtype=float)[None], k=k)


def recall_at_k(ranked, relevant, k):
    if not relevant:
        return 0.0
    truth = np.ones(len(relevant), dtype=int)
    found = np.isin(relevant, ranked[:k]).astype(int)
    return metrics.recall_score(truth, found)


def smote(minority, majority, k, base, choice, gap):
    search = neighbors.NearestNeighbors(n_neighbors=k + 1).fit(minority)
    table = search.kneighbors(minority, return_distance=False)[:, 1:]
    towards = minority[table[base, choice]]
    return (1 - gap[:, None]) * minority[base] + gap[:, None] * towards


def soft_voting(probabilities, weights):
    return np.average(probabilities, axis=0, weights=weights).argmax(axis=1)


def isolation_forest_score(depths, leaf_sizes, subsample):
    def path(m):
        return 2 * (np.log(m - 1.0) + 0.5772156649) - 2 * (m - 1) / m if m > 2 else float(m - 1)

    total = depths + np.vectorize(path, otypes=[float])(leaf_sizes)
    return np.exp2(-total.mean(axis=0) / path(subsample))


def ks_two_sample(a, b):
    return stats.ks_2samp(a, b).statistic


def population_stability_index(expected, actual, bins):
    edges = np.concatenate([[-np.inf], np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]), [np.inf]])
    old, new = (np.maximum(np.histogram(values, edges)[0] / len(values), 1e-4) for values in (expected, actual))
    return float(special.rel_entr(new, old).sum() + special.rel_entr(old, new).sum())


def ab_test(conversions_a, visitors_a, conversions_b, visitors_b):
    table = [[conversions_a, visitors_a - conversions_a], [conversions_b, visitors_b - conversions_b]]
    chi2, p, *_ = stats.chi2_contingency(table, correction=False)
    sign = np.sign(conversions_b / visitors_b - conversions_a / visitors_a)
    return sign * np.sqrt(chi2), p


def sample_size(p1, p2, alpha, power):
    """The smallest n at which the test with this standard error has the power."""
    n = 1
    step = 1 << 24
    while step:
        error = np.sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / (n + step - 1))
        if stats.norm.cdf(abs(p2 - p1) / error - stats.norm.ppf(1 - alpha / 2)) < power:
            n += step
        step //= 2
    return n


def tfidf(documents, longest):
    settings = {"token_pattern": r"[^ ]+", "ngram_range": (1, longest), "lowercase": False}
    vectorizer = TfidfVectorizer(**settings)
    matrix = vectorizer.fit_transform(documents).toarray()
    return list(vectorizer.get_feature_names_out()), matrix


def semantic_cache(cached, queries, threshold):
    similarity = metrics.pairwise.cosine_similarity(queries, cached)
    return np.array([row.argmax() if row.max() >= threshold else -1 for row in similarity])


def maximal_marginal_relevance(documents, query, weight, k):
    relevance = metrics.pairwise.cosine_similarity(documents, query[None])[:, 0]
    between = metrics.pairwise.cosine_similarity(documents)
    chosen = []
    for _ in range(k):
        rest = [i for i in range(len(documents)) if i not in chosen]
        redundancy = {i: max((between[i, j] for j in chosen), default=0.0) for i in rest}
        chosen.append(max(rest, key=lambda i: weight * relevance[i] - (1 - weight) * redundancy[i]))
    return np.array(chosen)


ORACLES = {
    name: value for name, value in globals().items() if callable(value) and getattr(value, "__module__", "") == __name__
}
