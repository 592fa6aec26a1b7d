import math

import torch
import torch.nn.functional as F
from torch import nn

W1 = torch.empty(32, 64, requires_grad=True)
nn.init.kaiming_uniform_(W1, a=math.sqrt(5))
W2 = torch.ones(32, requires_grad=True)
b2 = torch.zeros(32, requires_grad=True)
mean2 = torch.zeros(32)
var2 = torch.ones(32)
a3 = torch.full((1,), 0.25, requires_grad=True)
W4 = torch.empty(16, 32, requires_grad=True)
b4 = torch.empty(16, requires_grad=True)
nn.init.kaiming_uniform_(W4, a=math.sqrt(5))
nn.init.uniform_(b4, -1 / math.sqrt(32), 1 / math.sqrt(32))
W5 = torch.ones(16, requires_grad=True)
b5 = torch.zeros(16, requires_grad=True)
W6 = torch.empty(10, 16, requires_grad=True)
b6 = torch.empty(10, requires_grad=True)
nn.init.kaiming_uniform_(W6, a=math.sqrt(5))
nn.init.uniform_(b6, -1 / math.sqrt(16), 1 / math.sqrt(16))
parameters = [W1, W2, b2, a3, W4, b4, W5, b5, W6, b6]


def model(x):  # (n, 1, 8, 8)
    x = torch.flatten(x, 1)  # (n, 64)
    x = F.linear(x, W1)  # (n, 32)
    x = F.prelu(F.batch_norm(x, mean2, var2, W2, b2, model.training, 0.2, 1e-05), a3)
    x = F.dropout(x, 0.3, model.training)
    x = F.linear(x, W4, b4)  # (n, 16)
    x = F.leaky_relu(F.layer_norm(x, (16,), W5, b5), negative_slope=0.2)
    return F.log_softmax(F.linear(x, W6, b6), dim=-1)  # (n, 10)


model.training = True  # False to evaluate
