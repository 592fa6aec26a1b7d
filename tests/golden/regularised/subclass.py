import torch.nn.functional as F
from torch import nn


class Regularised(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(64, 32, bias=False)
        self.batch_norm = nn.BatchNorm1d(32, momentum=0.2)
        self.prelu = nn.PReLU()
        self.dropout = nn.Dropout(0.3)
        self.hidden = nn.Linear(32, 16)
        self.layer_norm = nn.LayerNorm(16)
        self.fc3 = nn.Linear(16, 10)

    def forward(self, x):  # (n, 1, 8, 8)
        x = self.flatten(x)  # (n, 64)
        x = self.fc1(x)  # (n, 32)
        x = self.prelu(self.batch_norm(x))
        x = self.dropout(x)
        x = self.hidden(x)  # (n, 16)
        x = F.leaky_relu(self.layer_norm(x), negative_slope=0.2)
        return F.log_softmax(self.fc3(x), dim=-1)  # (n, 10)


model = Regularised()
