from torch import nn

model = nn.Sequential(
    nn.Linear(16, 12),  # (n, 12)
    nn.ReLU(),
    nn.Linear(12, 10),  # (n, 10)
    nn.ReLU(),
    nn.Linear(10, 1),  # (n, 1)
    nn.Sigmoid(),
)
