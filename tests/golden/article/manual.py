import math

import torch
import torch.nn.functional as F
from torch import nn

W1 = torch.empty(12, 16, requires_grad=True)
b1 = torch.empty(12, requires_grad=True)
nn.init.kaiming_uniform_(W1, a=math.sqrt(5))
nn.init.uniform_(b1, -1 / math.sqrt(16), 1 / math.sqrt(16))
W2 = torch.empty(10, 12, requires_grad=True)
b2 = torch.empty(10, requires_grad=True)
nn.init.kaiming_uniform_(W2, a=math.sqrt(5))
nn.init.uniform_(b2, -1 / math.sqrt(12), 1 / math.sqrt(12))
W3 = torch.empty(1, 10, requires_grad=True)
b3 = torch.empty(1, requires_grad=True)
nn.init.kaiming_uniform_(W3, a=math.sqrt(5))
nn.init.uniform_(b3, -1 / math.sqrt(10), 1 / math.sqrt(10))
parameters = [W1, b1, W2, b2, W3, b3]


def model(x):  # (n, 16)
    x = torch.relu(F.linear(x, W1, b1))  # (n, 12)
    x = torch.relu(F.linear(x, W2, b2))  # (n, 10)
    return torch.sigmoid(F.linear(x, W3, b3))  # (n, 1)
