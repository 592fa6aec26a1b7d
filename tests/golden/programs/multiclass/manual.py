"""Tell three species of iris apart with a 4-12-10-3 network."""

import math

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.set_num_threads(1)  # faster for a small network, and sums in one order
torch.manual_seed(0)
batch_size = 32

# Data: 150 flowers, four lengths each
X, y = load_iris(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X, y, test_size=0.2, stratify=y, random_state=0
)
scaler = StandardScaler().fit(X_train)
X_train, X_val = scaler.transform(X_train), scaler.transform(X_val)
X_train, X_val = (torch.tensor(X).float() for X in (X_train, X_val))  # (n, 4)
y_train, y_val = torch.tensor(y_train), torch.tensor(y_val)  # (n,)

W1 = torch.empty(12, 4, requires_grad=True)
b1 = torch.empty(12, requires_grad=True)
nn.init.kaiming_uniform_(W1, a=math.sqrt(5))
nn.init.uniform_(b1, -1 / math.sqrt(4), 1 / math.sqrt(4))
W2 = torch.empty(10, 12, requires_grad=True)
b2 = torch.empty(10, requires_grad=True)
nn.init.kaiming_uniform_(W2, a=math.sqrt(5))
nn.init.uniform_(b2, -1 / math.sqrt(12), 1 / math.sqrt(12))
W3 = torch.empty(3, 10, requires_grad=True)
b3 = torch.empty(3, requires_grad=True)
nn.init.kaiming_uniform_(W3, a=math.sqrt(5))
nn.init.uniform_(b3, -1 / math.sqrt(10), 1 / math.sqrt(10))
parameters = [W1, b1, W2, b2, W3, b3]


def model(x):  # (n, 4)
    x = torch.relu(F.linear(x, W1, b1))  # (n, 12)
    x = torch.relu(F.linear(x, W2, b2))  # (n, 10)
    return F.linear(x, W3, b3)  # (n, 3)


optimizer = torch.optim.Adam(parameters, lr=0.01, fused=True)


def train_epoch():
    """Goes once through the training rows and yields each batch's summed loss."""
    for rows in torch.randperm(len(X_train)).split(batch_size):
        loss = F.cross_entropy(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item() * len(rows)


def validate():
    """Returns loss and accuracy on the rows kept back."""
    with torch.no_grad():
        output = model(X_val)
    accuracy = (output.argmax(dim=1) == y_val).float().mean()
    return F.cross_entropy(output, y_val).item(), accuracy.item()


if __name__ == "__main__":
    for epoch in range(1, 101):
        loss = sum(train_epoch()) / len(X_train)
        val_loss, accuracy = validate()
        print(
            f"{epoch:3}  loss {loss:.4f}  val {val_loss:.4f}  accuracy {accuracy:.3f}"
        )
    tensors = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    save_file(tensors, "model.safetensors")
