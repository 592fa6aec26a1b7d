"""Predict how diabetes progresses in a year with a 10-12-10-1 network."""

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.set_num_threads(1)  # faster for a small network, and sums in one order
torch.manual_seed(0)
batch_size = 32

# Data: 442 patients, 10 measurements each
X, y = load_diabetes(return_X_y=True, scaled=False)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_val = scaler.transform(X_train), scaler.transform(X_val)
X_train, X_val = (torch.tensor(X).float() for X in (X_train, X_val))  # (n, 10)
y_scaler = StandardScaler().fit(y_train[:, None])
y_train, y_val = (y_scaler.transform(y[:, None]) for y in (y_train, y_val))
y_train, y_val = (torch.tensor(y).float() for y in (y_train, y_val))  # (n, 1)


class MyNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(10, 12),  # (n, 12)
            nn.ReLU(),
            nn.Linear(12, 10),  # (n, 10)
            nn.ReLU(),
            nn.Linear(10, 1),  # (n, 1)
        )

    def forward(self, x):  # (n, 10)
        return self.layers(x)  # (n, 1)


model = MyNetwork()

optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)


def train_epoch():
    """Goes once through the training rows and yields each batch's summed loss."""
    for rows in torch.randperm(len(X_train)).split(batch_size):
        model.train()
        loss = F.mse_loss(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item() * len(rows)


def validate():
    """Returns loss and r2 on the rows kept back."""
    model.eval()
    with torch.no_grad():
        output = model(X_val)
    r2 = 1 - F.mse_loss(output, y_val) / y_val.var(correction=0)
    return F.mse_loss(output, y_val).item(), r2.item()


if __name__ == "__main__":
    for epoch in range(1, 101):
        loss = sum(train_epoch()) / len(X_train)
        val_loss, r2 = validate()
        print(f"{epoch:3}  loss {loss:.4f}  val {val_loss:.4f}  r2 {r2:.3f}")
    save_file(model.state_dict(), "model.safetensors")
