import math

import torch
import torch.nn.functional as F
from torch import nn


class Regularised(nn.Module):
    def __init__(self):
        super().__init__()
        self.W1 = nn.Parameter(torch.empty(32, 64))
        nn.init.kaiming_uniform_(self.W1, a=math.sqrt(5))
        self.W2 = nn.Parameter(torch.ones(32))
        self.b2 = nn.Parameter(torch.zeros(32))
        self.mean2 = nn.Buffer(torch.zeros(32))
        self.var2 = nn.Buffer(torch.ones(32))
        self.a3 = nn.Parameter(torch.full((1,), 0.25))
        self.W4 = nn.Parameter(torch.empty(16, 32))
        self.b4 = nn.Parameter(torch.empty(16))
        nn.init.kaiming_uniform_(self.W4, a=math.sqrt(5))
        nn.init.uniform_(self.b4, -1 / math.sqrt(32), 1 / math.sqrt(32))
        self.W5 = nn.Parameter(torch.ones(16))
        self.b5 = nn.Parameter(torch.zeros(16))
        self.W6 = nn.Parameter(torch.empty(10, 16))
        self.b6 = nn.Parameter(torch.empty(10))
        nn.init.kaiming_uniform_(self.W6, a=math.sqrt(5))
        nn.init.uniform_(self.b6, -1 / math.sqrt(16), 1 / math.sqrt(16))

    def forward(self, x):  # (n, 1, 8, 8)
        x = torch.flatten(x, 1)  # (n, 64)
        x = F.linear(x, self.W1)  # (n, 32)
        x = F.batch_norm(
            x, self.mean2, self.var2, self.W2, self.b2, self.training, 0.2, 1e-05
        )
        x = F.prelu(x, self.a3)
        x = F.dropout(x, 0.3, self.training)
        x = F.linear(x, self.W4, self.b4)  # (n, 16)
        x = F.layer_norm(x, (16,), self.W5, self.b5)
        x = F.leaky_relu(x, negative_slope=0.2)
        return F.log_softmax(F.linear(x, self.W6, self.b6), dim=-1)  # (n, 10)


model = Regularised()
