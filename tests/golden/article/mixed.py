import torch
from torch import nn


class MyNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(16, 12),  # (n, 12)
            nn.ReLU(),
            nn.Linear(12, 10),  # (n, 10)
            nn.ReLU(),
            nn.Linear(10, 1),  # (n, 1)
        )

    def forward(self, x):  # (n, 16)
        return torch.sigmoid(self.layers(x))  # (n, 1)


model = MyNetwork()
