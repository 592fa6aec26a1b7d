"""Functions that the script for several processes carries; each stands alone."""

import json
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def save_checkpoint(
    path: str,
    model: nn.Module,
    updater: torch.optim.Optimizer,
    shuffler: torch.Generator,
    numbers: dict[str, Any],
) -> None:
    """Writes all that a restart needs: tensors as safetensors, numbers as JSON."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in updater.state_dict()["state"].items():
        for name, value in state.items():
            if value is not None:
                tensors[f"optimizer.{index}.{name}"] = value
    tensors["shuffler"] = shuffler.get_state()
    save_file(tensors, f"{path}.part", {"numbers": json.dumps(numbers)})
    os.replace(f"{path}.part", path)  # a kill leaves the old one or the new one


def load_checkpoint(
    path: str,
    model: nn.Module,
    updater: torch.optim.Optimizer,
    shuffler: torch.Generator,
) -> dict[str, Any]:
    """Restores what `save_checkpoint` wrote and returns the numbers."""
    weights: dict[str, Any] = {}
    states: dict[int, dict[str, Any]] = {}
    with safe_open(path, "pt") as file:
        numbers = json.loads(file.metadata()["numbers"])
        for name in file.offset_keys():
            group, _, rest = name.partition(".")
            if group == "model":
                weights[rest] = file.get_tensor(name)
            elif group == "optimizer":
                index, _, field = rest.partition(".")
                states.setdefault(int(index), {})[field] = file.get_tensor(name)
        shuffler.set_state(file.get_tensor("shuffler"))
    model.load_state_dict(weights)
    groups = updater.state_dict()["param_groups"]
    updater.load_state_dict({"state": states, "param_groups": groups})
    return numbers


def train_together(
    model: nn.Module,
    data: dict[str, Any],
    *,
    loss: str,
    optimizer: str,
    learning_rate: float,
    momentum: float,
    batch_size: int,
    epochs: int,
    seed: int,
    smallest_batch: int,
    device: str,
    checkpoint: str,
) -> Iterator[dict[str, Any]]:
    """Yields an event an epoch, first those of the checkpoint if there is one.

    A batch is `batch_size` rows of all processes together, the same as in one process:
    each computes a share, and the gradient is the mean over the whole batch.
    """
    rank, n_processes = dist.get_rank(), dist.get_world_size()
    if smallest_batch > 1 and batch_size < smallest_batch * n_processes:
        least = f"{smallest_batch} rows a process"
        raise ValueError(f"A batch of {batch_size} rows holds fewer than {least}.")
    shuffler = torch.Generator().manual_seed(seed)

    def bce(p: torch.Tensor, y: torch.Tensor, reduction: str) -> torch.Tensor:
        if p.isnan().any():  # it ends the run as any other loss does
            return p.sum()
        return F.binary_cross_entropy(p, y, reduction=reduction)

    formulas: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "bce": (bce, lambda p, y: p.round() == y),
        "bce_logits": (F.binary_cross_entropy_with_logits, lambda z, y: (z > 0) == y),
        "cross_entropy": (F.cross_entropy, lambda z, y: z.argmax(1) == y),
        "nll": (F.nll_loss, lambda z, y: z.argmax(1) == y),
        "mse": (F.mse_loss, lambda z, y: 1 - (z - y) ** 2 / held_y.var(correction=0)),
    }
    measure, score = formulas[loss]
    x, y, held_x, held_y = (
        torch.as_tensor(data[f"{part}_{side}"], device=device)
        for part in ("train", "validation")
        for side in ("features", "targets")
    )
    if loss in ("cross_entropy", "nll"):
        y, held_y = y.flatten().long(), held_y.flatten().long()
    network = DistributedDataParallel(model.to(device))
    kind, options = {
        "adam": (torch.optim.Adam, {}),
        "sgd": (torch.optim.SGD, {"momentum": momentum}),
    }[optimizer]
    updater = kind(network.parameters(), lr=learning_rate, foreach=False, **options)
    plan = [loss, optimizer, learning_rate, momentum, batch_size, seed, len(x)]
    done: list[dict[str, Any]] = []
    if os.path.exists(checkpoint):
        numbers = load_checkpoint(checkpoint, model, updater, shuffler)
        done = numbers["events"]
        if numbers["plan"] != plan or len(done) > epochs + 1:
            raise ValueError(f"{checkpoint} is of another plan or further: delete it.")
        yield from done
    smallest_last = 2 if smallest_batch == 1 else smallest_batch * n_processes
    cuts = list(range(batch_size, len(x) - smallest_last + 1, batch_size))
    for epoch in range(len(done), epochs + 1):
        # Dropout draws other masks in each process, the same ones after a restart.
        torch.manual_seed(seed + epoch * n_processes + rank)
        totals = torch.zeros(3, dtype=torch.float64, device=device)
        network.train(epoch > 0)
        for rows in torch.randperm(len(x), generator=shuffler).tensor_split(cuts):
            share = rows[rank::n_processes]
            with torch.set_grad_enabled(epoch > 0):
                error = measure(network(x[share]), y[share], reduction="sum")
            totals[0] += error.detach()
            if epoch > 0:
                updater.zero_grad()
                (error * n_processes / len(rows)).backward()  # DDP takes the mean
                updater.step()
        network.eval()
        for rows in torch.arange(len(held_x)).split(256):
            share = rows[rank::n_processes]
            with torch.no_grad():
                output = network(held_x[share])
            totals[1] += measure(output, held_y[share], reduction="sum")
            totals[2] += score(output, held_y[share]).float().sum()
        dist.all_reduce(totals)
        train_error = totals[0].item() / len(x)
        held_error, held_score = (totals[1:] / len(held_x)).nan_to_num(neginf=0)
        if not math.isfinite(train_error + totals[1].item()):
            yield {"event": "diverged", "epoch": epoch}
            return
        event = {
            "event": "epoch",
            "epoch": epoch,
            "loss": train_error,
            "validation_loss": held_error.item(),
            "score": held_score.item(),
        }
        done.append(event)
        if rank == 0:
            numbers = {"plan": plan, "events": done}
            save_checkpoint(checkpoint, model, updater, shuffler, numbers)
        yield event
