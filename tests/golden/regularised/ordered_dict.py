from collections import OrderedDict

from torch import nn

model = nn.Sequential(
    OrderedDict(
        flatten=nn.Flatten(),  # (n, 64)
        fc1=nn.Linear(64, 32, bias=False),  # (n, 32)
        batch_norm=nn.BatchNorm1d(32, momentum=0.2),
        prelu=nn.PReLU(),
        dropout=nn.Dropout(0.3),
        hidden=nn.Linear(32, 16),  # (n, 16)
        layer_norm=nn.LayerNorm(16),
        leaky_relu=nn.LeakyReLU(negative_slope=0.2),
        fc3=nn.Linear(16, 10),  # (n, 10)
        log_softmax=nn.LogSoftmax(dim=-1),
    )
)
