"""The bare loop that the worker's rate is held against; prints its epochs a second.

The default experiment's network, data, batches and Adam in one process of one thread: a
permutation an epoch and, a batch, index, forward, loss, backward and step. It keeps no
loss, measures no validation part and tells nobody anything; `python bare_loop.py 200`.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from netlib.data.table import load, prepare
from torch import nn

from netlib.experiment import Experiment


def main(epochs: int) -> None:
    torch.set_num_threads(1)
    plan = Experiment().plan
    table = load(Experiment().data)
    data = prepare(
        table.features, table.target, table.task, plan.validation_share, plan.seed
    )
    x = torch.from_numpy(data["train_features"])
    y = torch.from_numpy(data["train_targets"])
    model = nn.Sequential(
        *(nn.Linear(16, 12), nn.ReLU()),
        *(nn.Linear(12, 10), nn.ReLU()),
        *(nn.Linear(10, 1), nn.Sigmoid()),
    )
    measure = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), plan.learning_rate, foreach=False)
    start = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(plan.batch_size):
            loss = measure(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(epochs / (time.perf_counter() - start))


if __name__ == "__main__":
    main(int(sys.argv[1]))
