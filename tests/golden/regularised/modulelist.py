from torch import nn


class Regularised(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Flatten(),  # (n, 64)
                nn.Linear(64, 32, bias=False),  # (n, 32)
                nn.BatchNorm1d(32, momentum=0.2),
                nn.PReLU(),
                nn.Dropout(0.3),
                nn.Linear(32, 16),  # (n, 16)
                nn.LayerNorm(16),
                nn.LeakyReLU(negative_slope=0.2),
                nn.Linear(16, 10),  # (n, 10)
                nn.LogSoftmax(dim=-1),
            ]
        )

    def forward(self, x):  # (n, 1, 8, 8)
        for layer in self.layers:
            x = layer(x)
        return x  # (n, 10)


model = Regularised()
