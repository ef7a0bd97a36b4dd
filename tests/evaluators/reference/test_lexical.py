from __future__ import annotations

import numpy as np
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation

from evaluators.reference.lexical import BM25, TfIdf

DOCUMENTS = [
    "Gradient descent follows the negative gradient",
    "The gradient of the loss vanishes in deep networks",
    "Batch norm keeps activations in range, batch by batch",
    "",
]


def test_tf_idf_equals_scikit_learn() -> None:
    theirs = sklearn.feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)).fit(DOCUMENTS)
    ours = TfIdf(DOCUMENTS, 2)
    assert ours.vocabulary == theirs.vocabulary_
    unseen = [*DOCUMENTS, "gradient of something never seen"]
    np.testing.assert_allclose(ours.transform(unseen), theirs.transform(unseen).toarray(), atol=1e-12)


def test_bm25_by_the_formula() -> None:
    documents = [document.lower().split() for document in DOCUMENTS]
    query = ["gradient", "batch", "batch", "unknown"]
    mean = np.mean([len(document) for document in documents])
    expected = []
    for document in documents:
        total = 0.0
        for term in query:
            df = sum(term in other for other in documents)
            tf = document.count(term)
            idf = np.log((len(documents) - df + 0.5) / (df + 0.5) + 1.0)
            total += idf * tf * 2.5 / (tf + 1.5 * (0.25 + 0.75 * len(document) / mean))
        expected.append(total)
    np.testing.assert_allclose(BM25(documents).scores(query), expected)
    assert BM25([]).scores(["a"]).shape == (0,)
