from __future__ import annotations

import numpy as np

from evaluators.reference import operations as ops
from evaluators.reference.optimisers import Adam
from evaluators.reference.resnet import resnet, resnet_parameters
from evaluators.reference.training import train_step


def test_a_small_residual_network_learns_where_the_stripes_run() -> None:
    generator = np.random.default_rng(0)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = generator.integers(0, 2, count)
        wave = np.sin(np.arange(12) * 1.5 + generator.uniform(0, 6, (count, 1)))  # phase must not matter
        x = np.where(labels[:, None, None], wave[:, None, :], wave[:, :, None]) * np.ones((count, 12, 12))
        return (x + generator.normal(size=x.shape) * 0.5)[:, None].astype(np.float32), labels

    parameters, states = resnet_parameters(generator, 1, (8, 16), 2)
    optimiser = Adam(list(parameters.values()), rate=3e-3)
    for _ in range(30):
        x, labels = images(32)
        train_step(parameters, optimiser, lambda p, x=x, y=labels: ops.cross_entropy(resnet(p, states, x), y))
    x, labels = images(200)
    assert (resnet(parameters, states, x, training=False).argmax(axis=1) == labels).mean() > 0.95
