"""The exercises by our own from-scratch core: what the product runs on and what it teaches are the same."""

from __future__ import annotations

import numpy as np

from evaluators.reference import activations as core_activations
from evaluators.reference import (
    attention,
    convolution,
    distribution_shift,
    isolation_forest,
    lexical,
    linear,
    linear_models,
    metrics,
    optimisers,
    positions,
    quantisation,
    rank_fusion,
    recurrent,
    thresholds,
    validation,
    voting,
)
from evaluators.reference import batch_norm as core_batch_norm
from evaluators.reference import layer_norm as core_layer_norm
from evaluators.reference import smote as core_smote
from evaluators.reference import softmax as core_softmax


def optimised(w, grads, make):
    weight = w.copy()
    optimiser = make([weight])
    for g in grads:
        optimiser.step([g])
    return weight


def adam(w, grads, lr, beta1, beta2, eps):
    return optimised(w, grads, lambda p: optimisers.Adam(p, lr, (beta1, beta2), eps))


def adamw(w, grads, lr, beta1, beta2, eps, weight_decay):
    return optimised(w, grads, lambda p: optimisers.AdamW(p, lr, (beta1, beta2), eps, weight_decay))


def rmsprop(w, grads, lr, rho, eps):
    return optimised(w, grads, lambda p: optimisers.RMSprop(p, lr, rho, eps))


def sgd_momentum(w, grads, lrs, mu):
    weight = w.copy()
    optimiser = optimisers.SGD([weight], 1.0, mu)
    for g, optimiser.rate in zip(grads, lrs, strict=True):
        optimiser.step([g])
    return weight


def clip_gradient_norm(gradients, max_norm):
    norm = optimisers.clip_norm(gradients, max_norm)
    return gradients, norm


def warmup_cosine(steps, total, warmup, highest, lowest):
    return np.array([optimisers.warm_up_cosine(int(step), total, warmup, highest, lowest) for step in steps])


def two_layer_backprop(X, y, W1, b1, W2, b2):
    z, first = linear.linear_forward(X, W1, b1)
    logits, second = linear.linear_forward(core_activations.relu(z), W2, b2)
    loss, cache = core_softmax.cross_entropy_forward(logits, y)
    dlogits, _ = core_softmax.cross_entropy_backward(np.ones(()), cache)
    dhidden, dW2, db2 = linear.linear_backward(dlogits, second)
    _, dW1, db1 = linear.linear_backward(core_activations.relu_backward(dhidden, z), first)
    return float(loss), dW1, db1, dW2, db2


def softmax(x, axis):
    return core_softmax.softmax(x, axis)


def cross_entropy(logits, labels):
    return core_softmax.cross_entropy(logits, labels)


def softmax_cross_entropy_gradient(logits, labels):
    _, cache = core_softmax.cross_entropy_forward(logits, labels)
    return core_softmax.cross_entropy_backward(np.ones(()), cache)[0]


def four_axes(array):
    return array.reshape((1,) * (4 - array.ndim) + array.shape)


def scaled_dot_product_attention(Q, K, V):
    return attention.attention(*map(four_axes, (Q, K, V))).reshape(*Q.shape[:-1], V.shape[-1])


def causal_attention(Q, K, V):
    mask = attention.causal_mask(Q.shape[-2])
    return attention.attention(*map(four_axes, (Q, K, V)), mask=mask).reshape(*Q.shape[:-1], V.shape[-1])


def padding_mask_attention(Q, K, V, lengths):
    return attention.attention(Q[:, None], K[:, None], V[:, None], attention.padding_mask(lengths, K.shape[1]))[:, 0]


def multi_head_attention(x, Wq, Wk, Wv, Wo, heads):
    return attention.multi_head_attention(x, Wq, Wk, Wv, Wo, heads)


def batch_norm(x, gamma, beta, running_mean, running_var, eps, momentum, training):
    state = core_batch_norm.BatchNormState(x.shape[1], momentum)
    state.mean, state.variance = running_mean.copy(), running_var.copy()
    out, _ = core_batch_norm.batch_norm_forward(x, gamma, beta, state, training, eps)
    return out, state.mean, state.variance


def batch_norm_backward(dy, x, gamma, eps):
    _, cache = core_batch_norm.batch_norm_forward(x, gamma, np.zeros_like(gamma), eps=eps)
    return core_batch_norm.batch_norm_backward(dy, cache)


def layer_norm(x, gamma, beta, eps):
    return core_layer_norm.layer_norm(x, gamma, beta, eps)


def conv2d(x, weight, bias, stride, padding):
    return convolution.conv2d_forward(x, weight, bias, stride, padding)[0]


def conv2d_backward(dy, x, weight, stride, padding):
    _, cache = convolution.conv2d_forward(x, weight, np.zeros(len(weight)), stride, padding)
    return convolution.conv2d_backward(dy, cache)


def max_pool(x, dy):
    out, cache = convolution.max_pool_forward(x, 2)
    return out, convolution.max_pool_backward(dy, cache)[0]


def rnn_forward(x, h0, Wx, Wh, b):
    return recurrent.rnn_forward(x, h0, Wx, Wh, b)[0]


def lstm_cell(x, h, c, W, b):
    return recurrent.lstm_step(np.concatenate([x, h], axis=1) @ W + b, c)[:2]


def sinusoidal_positions(length, d):
    return positions.sinusoidal_positions(length, d)


def learned_positions(tokens, token_table, position_table):
    return positions.learned_positions(tokens, token_table, position_table)


def rotary_positions(x, places):
    return positions.rotate(x, places)


def int8_linear(W, x):
    quantised = quantisation.quantise(W)
    return quantised.codes.astype(int), x @ quantised.restored().astype(float).T


def lora_forward(x, W, A, B, alpha):
    return quantisation.low_rank_linear(x, W, A, B, alpha)


def ridge(X, y, lam):
    model = linear_models.ridge(X, y, lam)
    return model.weights, model.intercept


def linear_regression_descent(X, y, lr, epochs):
    model = linear_models.linear_regression_by_descent(X, y, lr, epochs)
    return model.weights, model.intercept


def logistic_regression(X, y, w, b):
    return linear_models.logistic_loss_gradient(X, y, linear_models.LinearModel(w, b))


def k_fold(n, k):
    return validation.k_fold(n, k)


def stratified_k_fold(y, k):
    folds = np.empty(len(y), dtype=int)
    for fold, (_, test) in enumerate(validation.stratified_k_fold(y, k)):
        folds[test] = fold
    return folds


def bias_variance(predictions, truth, noise_variance):
    parts = validation.bias_variance(predictions, truth, noise_variance)
    return parts.bias_squared, parts.variance, parts.total


def roc_auc(y, scores):
    return metrics.roc_auc(y, scores)


def recall_at_k(ranked, relevant, k):
    return metrics.recall_at_k(ranked, set(relevant), k)


def ndcg_at_k(relevances, k):
    return metrics.ndcg(relevances, k)


def threshold_at_precision(y, scores, min_precision):
    threshold = thresholds.threshold_at_precision(y, scores, min_precision)
    if threshold is None:
        return None
    counts = metrics.count_decisions(y, scores >= threshold)
    return threshold, counts.precision, counts.recall


def smote(minority, majority, k, base, choice, gap):
    return core_smote.interpolate(minority, k, base, choice, gap)


def soft_voting(probabilities, weights):
    return voting.soft_vote(probabilities, weights).argmax(axis=1)


def isolation_forest_score(depths, leaf_sizes, subsample):
    return isolation_forest.anomaly_score(depths, leaf_sizes, subsample)


def ks_two_sample(a, b):
    return distribution_shift.ks_test(a, b).statistic


def population_stability_index(expected, actual, bins):
    return distribution_shift.population_stability_index(expected, actual, bins)


def tfidf(documents, longest):
    model = lexical.TfIdf(documents, longest)
    return list(model.vocabulary), model.transform(documents)


def bm25(documents, query, k1, b):
    return lexical.BM25([document.split(" ") for document in documents], k1, b).scores(query.split(" "))


def reciprocal_rank_fusion(rankings, n, k):
    fused = dict(rank_fusion.reciprocal_rank_fusion(rankings, k))
    return np.array([fused.get(document, 0.0) for document in range(n)])


NOT_EXERCISES = {"optimised", "four_axes"}
ORACLES = {
    name: value
    for name, value in globals().items()
    if callable(value) and getattr(value, "__module__", "") == __name__ and name not in NOT_EXERCISES
}
