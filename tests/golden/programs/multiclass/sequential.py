"""Tell three species of iris apart with a 4-12-10-3 network."""

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

model = nn.Sequential(
    nn.Linear(4, 12),  # (n, 12)
    nn.ReLU(),
    nn.Linear(12, 10),  # (n, 10)
    nn.ReLU(),
    nn.Linear(10, 3),  # (n, 3)
)

optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)


def train_epoch():
    """Goes once through the training rows and yields each batch's summed loss."""
    for rows in torch.randperm(len(X_train)).split(batch_size):
        model.train()
        loss = F.cross_entropy(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item() * len(rows)


def validate():
    """Returns loss and accuracy on the rows kept back."""
    model.eval()
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
    save_file(model.state_dict(), "model.safetensors")
