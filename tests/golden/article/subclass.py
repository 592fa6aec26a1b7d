import torch
from torch import nn


class MyNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(16, 12)
        self.fc2 = nn.Linear(12, 10)
        self.fc3 = nn.Linear(10, 1)

    def forward(self, x):  # (n, 16)
        x = torch.relu(self.fc1(x))  # (n, 12)
        x = torch.relu(self.fc2(x))  # (n, 10)
        return torch.sigmoid(self.fc3(x))  # (n, 1)


model = MyNetwork()
