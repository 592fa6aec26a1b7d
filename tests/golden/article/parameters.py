import math

import torch
import torch.nn.functional as F
from torch import nn


class MyNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.W1 = nn.Parameter(torch.empty(12, 16))
        self.b1 = nn.Parameter(torch.empty(12))
        nn.init.kaiming_uniform_(self.W1, a=math.sqrt(5))
        nn.init.uniform_(self.b1, -1 / math.sqrt(16), 1 / math.sqrt(16))
        self.W2 = nn.Parameter(torch.empty(10, 12))
        self.b2 = nn.Parameter(torch.empty(10))
        nn.init.kaiming_uniform_(self.W2, a=math.sqrt(5))
        nn.init.uniform_(self.b2, -1 / math.sqrt(12), 1 / math.sqrt(12))
        self.W3 = nn.Parameter(torch.empty(1, 10))
        self.b3 = nn.Parameter(torch.empty(1))
        nn.init.kaiming_uniform_(self.W3, a=math.sqrt(5))
        nn.init.uniform_(self.b3, -1 / math.sqrt(10), 1 / math.sqrt(10))

    def forward(self, x):  # (n, 16)
        x = torch.relu(F.linear(x, self.W1, self.b1))  # (n, 12)
        x = torch.relu(F.linear(x, self.W2, self.b2))  # (n, 10)
        return torch.sigmoid(F.linear(x, self.W3, self.b3))  # (n, 1)


model = MyNetwork()
