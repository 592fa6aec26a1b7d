"""A plane through the rows of a table, on which a network can be drawn."""

from typing import NamedTuple

import torch
from torch import Tensor

MARGIN = 0.15  # of the span, around all points


class Plane(NamedTuple):
    """The point (a, b) stands for the row `center + a * axes[0] + b * axes[1]`.

    `share` is how much of the rows' variance lies in the plane, 0 to 1.
    """

    center: Tensor
    axes: Tensor
    share: float

    def rows(self, points: Tensor) -> Tensor:
        """Returns the rows (n, n_features) of points (n, 2)."""
        return self.center + points @ self.axes

    def points(self, rows: Tensor) -> Tensor:
        """Returns the points (n, 2) nearest to rows (n, n_features)."""
        return (rows - self.center) @ self.axes.T

    def grid(self, rows: Tensor, side: int) -> tuple[Tensor, list[list[float]]]:
        """Returns side * side points around the rows, from the top left, and their span.

        The span is the least and the greatest value of each direction.
        """
        points = self.points(rows)
        low, high = points.amin(0), points.amax(0)
        margin = MARGIN * (high - low).clamp(min=1e-6)
        low, high = low - margin, high + margin
        across, down = (torch.linspace(0, 1, side) for _ in range(2))
        x, y = torch.meshgrid(across, 1 - down, indexing="xy")
        grid = low + torch.stack((x.flatten(), y.flatten()), 1) * (high - low)
        return grid, torch.stack((low, high), 1).tolist()


def plane_through(rows: Tensor) -> Plane:
    """Returns the plane of two features, else that of the two principal components.

    Rows are (n, n_features). It draws no random number.

    >>> plane_through(torch.tensor([[0.0, 0.0, 3.0], [0.0, 4.0, 3.0], [2.0, 4.0, 3.0]])).share
    1.0
    """
    n_features = rows.shape[1]
    if n_features <= 2:
        axes = torch.eye(2, n_features)
        return Plane(torch.zeros(n_features), axes, 1.0)
    center = rows.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((rows - center).T))
    axes = vectors[:, [-1, -2]].T
    largest = axes.abs().argmax(1, keepdim=True)
    axes = axes * axes.gather(1, largest).sign()  # the sign is free: the same each time
    share = values[-2:].sum() / values.sum().clamp(min=1e-12)
    return Plane(center, axes, round(share.item(), 6))
