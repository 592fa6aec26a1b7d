from itertools import pairwise

from torch import nn


class MyNetwork(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in pairwise(widths[:-1]):
            self.layers.append(nn.Linear(n_in, n_out))  # (n, n_out)
            self.layers.append(nn.ReLU())
        self.layers.append(nn.Linear(widths[-2], widths[-1]))  # (n, 1)
        self.layers.append(nn.Sigmoid())

    def forward(self, x):  # (n, 16)
        for layer in self.layers:
            x = layer(x)
        return x  # (n, 1)


model = MyNetwork([16, 12, 10, 1])
