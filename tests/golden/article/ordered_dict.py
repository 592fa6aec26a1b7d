from collections import OrderedDict

from torch import nn

model = nn.Sequential(
    OrderedDict(
        fc1=nn.Linear(16, 12),  # (n, 12)
        relu1=nn.ReLU(),
        fc2=nn.Linear(12, 10),  # (n, 10)
        relu2=nn.ReLU(),
        fc3=nn.Linear(10, 1),  # (n, 1)
        sigmoid=nn.Sigmoid(),
    )
)
