"""The exercises by PyTorch: its own layers, losses, optimisers and automatic differentiation."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone reads
from torch import nn


def tensor(value, grad=False):
    return torch.tensor(np.asarray(value), dtype=torch.float64, requires_grad=grad)


def numbers(*tensors):
    arrays = tuple(each.detach().numpy() for each in tensors)
    return arrays if len(arrays) > 1 else arrays[0]


def two_layer_backprop(X, y, W1, b1, W2, b2):
    parameters = [tensor(p, grad=True) for p in (W1, b1, W2, b2)]
    hidden = F.relu(tensor(X) @ parameters[0] + parameters[1])
    loss = F.cross_entropy(hidden @ parameters[2] + parameters[3], torch.tensor(y))
    loss.backward()
    return numbers(loss, *(p.grad for p in parameters))


def scaled_dot_product_attention(Q, K, V):
    return numbers(F.scaled_dot_product_attention(tensor(Q), tensor(K), tensor(V)))


def causal_attention(Q, K, V):
    return numbers(F.scaled_dot_product_attention(tensor(Q), tensor(K), tensor(V), is_causal=True))


def padding_mask_attention(Q, K, V, lengths):
    mask = (torch.arange(K.shape[1])[None] < torch.tensor(lengths)[:, None])[:, None].expand(-1, Q.shape[1], -1)
    out = F.scaled_dot_product_attention(tensor(Q), tensor(K), tensor(V), attn_mask=mask)
    return np.nan_to_num(numbers(out))


def multi_head_attention(x, Wq, Wk, Wv, Wo, heads):
    layer = nn.MultiheadAttention(x.shape[2], heads, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([tensor(W).T for W in (Wq, Wk, Wv)]))
        layer.out_proj.weight.copy_(tensor(Wo).T)
    return numbers(layer(tensor(x), tensor(x), tensor(x), need_weights=False)[0])


def encoder_block(x, Wq, Wk, Wv, Wo, W1, W2, heads):
    d = x.shape[2]
    layer = nn.TransformerEncoderLayer(
        d, heads, W1.shape[1], dropout=0.0, norm_first=True, batch_first=True, bias=False, dtype=torch.float64
    )
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(torch.cat([tensor(W).T for W in (Wq, Wk, Wv)]))
        layer.self_attn.out_proj.weight.copy_(tensor(Wo).T)
        layer.linear1.weight.copy_(tensor(W1).T)
        layer.linear2.weight.copy_(tensor(W2).T)
    return numbers(layer(tensor(x)))


def optimised(w, grads, make, rates=None):
    weight = nn.Parameter(tensor(w))
    optimiser = make([weight])
    for step, g in enumerate(grads):
        weight.grad = tensor(g)
        if rates is not None:
            optimiser.param_groups[0]["lr"] = float(rates[step])
        optimiser.step()
    return numbers(weight)


def adam(w, grads, lr, beta1, beta2, eps):
    return optimised(w, grads, lambda p: torch.optim.Adam(p, lr=lr, betas=(beta1, beta2), eps=eps))


def adamw(w, grads, lr, beta1, beta2, eps, weight_decay):
    settings = {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay}
    return optimised(w, grads, lambda p: torch.optim.AdamW(p, **settings))


def rmsprop(w, grads, lr, rho, eps):
    return optimised(w, grads, lambda p: torch.optim.RMSprop(p, lr=lr, alpha=rho, eps=eps))


def sgd_momentum(w, grads, lrs, mu):
    return optimised(w, grads, lambda p: torch.optim.SGD(p, lr=1.0, momentum=mu), lrs)


def linear_regression_descent(X, y, lr, epochs):
    w, b = nn.Parameter(tensor(np.zeros(X.shape[1]))), nn.Parameter(tensor(0.0))
    optimiser = torch.optim.SGD([w, b], lr=lr)
    for _ in range(epochs):
        optimiser.zero_grad()
        F.mse_loss(tensor(X) @ w + b, tensor(y)).backward()
        optimiser.step()
    return numbers(w, b)


def logistic_regression(X, y, w, b):
    weight, bias = tensor(w, grad=True), tensor(b, grad=True)
    loss = F.binary_cross_entropy_with_logits(tensor(X) @ weight + bias, tensor(y))
    loss.backward()
    return numbers(loss, weight.grad, bias.grad)


def batch_norm(x, gamma, beta, running_mean, running_var, eps, momentum, training):
    mean, var = tensor(running_mean), tensor(running_var)
    out = F.batch_norm(tensor(x), mean, var, tensor(gamma), tensor(beta), training, momentum, eps)
    return numbers(out, mean, var)


def batch_norm_backward(dy, x, gamma, eps):
    inputs, scale, shift = tensor(x, grad=True), tensor(gamma, grad=True), tensor(np.zeros_like(gamma), grad=True)
    F.batch_norm(inputs, None, None, scale, shift, training=True, eps=eps).backward(tensor(dy))
    return numbers(inputs.grad, scale.grad, shift.grad)


def layer_norm(x, gamma, beta, eps):
    return numbers(F.layer_norm(tensor(x), x.shape[-1:], tensor(gamma), tensor(beta), eps))


def rms_norm(x, gamma, eps):
    return numbers(F.rms_norm(tensor(x), x.shape[-1:], tensor(gamma), eps))


def conv2d(x, weight, bias, stride, padding):
    return numbers(F.conv2d(tensor(x), tensor(weight), tensor(bias), stride, padding))


def conv2d_backward(dy, x, weight, stride, padding):
    inputs, kernel, bias = tensor(x, grad=True), tensor(weight, grad=True), tensor(np.zeros(len(weight)), grad=True)
    F.conv2d(inputs, kernel, bias, stride, padding).backward(tensor(dy))
    return numbers(inputs.grad, kernel.grad, bias.grad)


def max_pool(x, dy):
    inputs = tensor(x, grad=True)
    out = F.max_pool2d(inputs, 2)
    out.backward(tensor(dy))
    return numbers(out, inputs.grad)


def residual_block(x, W1, W2, P):
    shortcut = tensor(x) if P is None else F.linear(tensor(x), tensor(P).T)
    branch = nn.Sequential(nn.Linear(*W1.shape, bias=False), nn.ReLU(), nn.Linear(*W2.shape, bias=False)).double()
    with torch.no_grad():
        branch[0].weight.copy_(tensor(W1).T)
        branch[2].weight.copy_(tensor(W2).T)
    return numbers(F.relu(branch(tensor(x)) + shortcut))


def rnn_forward(x, h0, Wx, Wh, b):
    layer = nn.RNN(Wx.shape[0], Wx.shape[1], batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(tensor(Wx).T)
        layer.weight_hh_l0.copy_(tensor(Wh).T)
        layer.bias_ih_l0.copy_(tensor(b))
        layer.bias_hh_l0.zero_()
    return numbers(layer(tensor(x), tensor(h0)[None])[0])


def lstm_cell(x, h, c, W, b):
    d = x.shape[1]
    cell = nn.LSTMCell(d, h.shape[1], dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(tensor(W[:d]).T)
        cell.weight_hh.copy_(tensor(W[d:]).T)
        cell.bias_ih.copy_(tensor(b))
        cell.bias_hh.zero_()
    return numbers(*cell(tensor(x), (tensor(h), tensor(c))))


def softmax(x, axis):
    return numbers(torch.softmax(tensor(x), axis))


def cross_entropy(logits, labels):
    return float(F.cross_entropy(tensor(logits), torch.tensor(labels)))


def softmax_cross_entropy_gradient(logits, labels):
    z = tensor(logits, grad=True)
    F.cross_entropy(z, torch.tensor(labels)).backward()
    return numbers(z.grad)


def activations(x):
    def gradient(function):
        z = tensor(x, grad=True)
        function(z).sum().backward()
        return numbers(z.grad)

    return {
        "gelu": numbers(F.gelu(tensor(x))),
        "leaky_relu": numbers(F.leaky_relu(tensor(x), 0.01)),
        "sigmoid_gradient": gradient(torch.sigmoid),
        "tanh_gradient": gradient(torch.tanh),
        "silu_gradient": gradient(F.silu),
    }


def learned_positions(tokens, token_table, position_table):
    places = torch.arange(tokens.shape[1])
    return numbers(F.embedding(torch.tensor(tokens), tensor(token_table)) + F.embedding(places, tensor(position_table)))


def bert_embedding(tokens, segments, token_table, position_table, segment_table):
    total = F.embedding(torch.tensor(tokens), tensor(token_table)) + tensor(position_table)[: tokens.shape[1]]
    total = total + F.embedding(torch.tensor(segments), tensor(segment_table))
    return numbers(F.layer_norm(total, total.shape[-1:], eps=1e-12))


def rotary_positions(x, positions):
    pairs = torch.view_as_complex(tensor(x).reshape(*x.shape[:-1], -1, 2).contiguous())
    frequencies = 10000.0 ** (-torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / x.shape[-1])
    angles = torch.outer(tensor(positions), frequencies)
    return numbers(torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2))


def classification_head(hidden, lengths, W_pool, b_pool, W_out, b_out):
    pooled = torch.tanh(F.linear(tensor(hidden)[:, 0], tensor(W_pool).T, tensor(b_pool)))
    return numbers(F.linear(pooled, tensor(W_out).T, tensor(b_out)))


def kv_cache_decoding(x, positions, Wq, Wk, Wv, prompt):
    z = tensor(x + positions)
    q, k, v = (z @ tensor(W) for W in (Wq, Wk, Wv))
    return numbers(F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0], k, v)


def int8_linear(W, x):
    scales = np.maximum(np.abs(W).max(axis=1) / 127, 1e-300)
    scales[np.abs(W).max(axis=1) == 0] = 1.0
    zero = torch.zeros(len(W), dtype=torch.int32)
    rounded = torch.fake_quantize_per_channel_affine(
        torch.tensor(W, dtype=torch.float32), torch.tensor(scales, dtype=torch.float32), zero, 0, -127, 127
    )
    levels = np.rint(rounded.double().numpy() / scales[:, None]).astype(int)
    return levels, numbers(F.linear(tensor(x), tensor(levels * scales[:, None])))


def lora_forward(x, W, A, B, alpha):
    merged = tensor(W) + alpha / len(A) * tensor(B) @ tensor(A)
    return numbers(F.linear(tensor(x), merged))


def clip_gradient_norm(gradients, max_norm):
    parameters = [nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
    for parameter, g in zip(parameters, gradients, strict=True):
        parameter.grad = tensor(g)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad.numpy() for parameter in parameters], float(norm)


def top_k_top_p(logits, k, p):
    kept = torch.full_like(tensor(logits), -math.inf)
    largest = torch.topk(tensor(logits), min(k, len(logits)))
    kept[largest.indices] = largest.values
    ordered, order = torch.sort(torch.softmax(kept, 0), descending=True)
    over = torch.cumsum(ordered, 0) >= p
    last = int(over.int().argmax()) if over.any() else len(ordered) - 1
    kept[order[last + 1 :]] = -math.inf
    return numbers(torch.softmax(kept, 0))


def dropout(x, u, p, training):
    kept = tensor(u).ge(p).double() if training else torch.ones(x.shape, dtype=torch.float64)
    return numbers(tensor(x) * kept / ((1 - p) if training else 1))


def warmup_cosine(steps, total, warmup, highest, lowest):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=highest)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, total - warmup, eta_min=lowest)
    falling = [highest]
    for _ in range(total - warmup):
        optimiser.step()
        cosine.step()
        falling.append(optimiser.param_groups[0]["lr"])
    rates = [highest * step / warmup for step in range(warmup)] + falling
    return np.array([rates[min(step, total)] for step in steps])


ORACLES = {
    name: value
    for name, value in globals().items()
    if callable(value)
    and getattr(value, "__module__", "") == __name__
    and name not in {"tensor", "numbers", "optimised"}
}
