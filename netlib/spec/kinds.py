"""The table of all layer kinds: a new kind is a class and its name here."""

from netlib.spec.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from netlib.spec.dense import Dropout, Flatten, Linear
from netlib.spec.layer import Layer
from netlib.spec.normalisation import BatchNorm1d, LayerNorm

KINDS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Linear, Dropout, BatchNorm1d, LayerNorm, Flatten,
        ReLU, LeakyReLU, PReLU, ELU, SELU, GELU, SiLU, Mish, Softplus,
        Tanh, Sigmoid, Hardtanh, Softmax, LogSoftmax,
    )
}  # fmt: skip
