"""A right derivation of every problem, in Python's notation and in LaTeX's."""

from __future__ import annotations

PYTHON = {
    "two_layer_gradients": """
dz2 = (p - y) / n
dW2 = a1.T @ dz2
db2 = sum(dz2, axis=0)
dz1 = (dz2 @ W2.T) * (z1 > 0)   # ReLU lets through what was positive
dW1 = X.T @ dz1
db1 = dz1.sum(axis=0)
""",
    "softmax_gradients": """
dp = -y / (n * p)
dz = p * (dp - rowsum(dp * p))
dW = X.T @ dz
db = np.sum(dz, axis=0)
""",
    "logistic_gradients": """
dz = (p - y) / n
dw = X.T @ dz + lam * w
db = np.sum(dz)
""",
    "ridge_gradients": """
dw = 2 / n * X.T @ (X @ w + b - y) + 2 * lam * w
db = 2 * mean(e)
""",
    "batch_norm_gradients": """
dgamma = sum(dout * xhat, axis=0)
dbeta = sum(dout, 0)
dxhat = dout * gamma
dx = (dxhat - dxhat.mean(axis=0) - xhat * mean(dxhat * xhat, axis=0)) / sqrt(var + eps)
""",
    "attention_gradients": """
dV = P.T @ dO
dP = dO @ V.T
dS = P * (dP - np.sum(dP * P, axis=-1, keepdims=True))
dQ = dS @ K / sqrt(d)
dK = dS.T @ Q / np.sqrt(d)
""",
}

LATEX = {
    "two_layer_gradients": r"""
\begin{align}
\delta_2 &= \frac{1}{n} (p - y) \\
\frac{\partial L}{\partial W_2} &= a_1^\top \delta_2 \\
\nabla_{b_2} L &= \mathbf{1}^\top \delta_2 \\
\delta_1 &= \left( \delta_2 W_2^{\top} \right) \odot \mathbb{1}[z_1 > 0] \\
dW_1 &= X^T \delta_1 \\
\partial L / \partial b_1 &= \mathbf{1}^{\top} \delta_1
\end{align}
""",
    "softmax_gradients": r"""
$$
dp = -\frac{1}{n} y \odot p^{-1}
dz = \frac1n (p - y)
dW = X^\top dz
db = \mathbf{1}^T dz
$$
""",
    "logistic_gradients": r"""
dz = \frac{\sigma(X w + b) - y}{n}
dw = X^\top dz + \lambda w
db = \mathbf{1}^\top dz
""",
    "ridge_gradients": r"""
dw = \frac{2}{n} X^\top e + 2 \lambda w
db = \frac{2}{n} \mathbf{1}^\top e
""",
    "batch_norm_gradients": r"""
d\gamma = \mathbf{1}^\top (dout \odot \hat{x})
d\beta = \mathbf{1}^\top dout
d\hat{x} = dout \odot \gamma
m = \mathrm{mean}(d\hat{x}, 0) + \hat{x} \odot \mathrm{mean}(d\hat{x} \odot \hat{x}, 0)
dx = \frac{1}{\sqrt{var + \epsilon}} \odot (d\hat{x} - m)
""",
    "attention_gradients": r"""
dV = P^\top dO
dP = dO V^\top
dS = P \odot (dP - \mathrm{rowsum}(dP \odot P))
dQ = \frac{1}{\sqrt{d}} dS K
dK = \frac{1}{\sqrt{d}} dS^\top Q
""",
}
