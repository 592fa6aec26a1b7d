"""The table of all layer kinds: a new kind is a class and its name here."""

from netlib.errors import SpecError
from netlib.spec.activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from netlib.spec.dense import AlphaDropout, Dropout, Flatten, Linear
from netlib.spec.layer import Layer
from netlib.spec.normalisation import BatchNorm1d, GroupNorm, LayerNorm, RMSNorm
from netlib.spec.rows import GLU, LogSoftmax, Softmax, Softmin

KINDS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Linear, Dropout, BatchNorm1d, LayerNorm, Flatten,
        AlphaDropout, GroupNorm, RMSNorm,
        ReLU, LeakyReLU, PReLU, ELU, SELU, GELU, SiLU, Mish, Softplus,
        Tanh, Sigmoid, Hardtanh, Softmax, LogSoftmax,
        ReLU6, RReLU, CELU, Softsign, Tanhshrink, Hardsigmoid, Hardswish, LogSigmoid,
        Hardshrink, Softshrink, Threshold, Softmin, GLU,
    )
}  # fmt: skip


def activation_kind(name: str) -> str:
    """Returns the kind of the activation `name`, in any spelling; raises SpecError."""
    activations = {
        kind.lower(): kind for kind, layer in KINDS.items() if layer.is_activation
    }
    key = str(name).replace("_", "").lower()
    if key not in activations:
        names = ", ".join(KINDS[kind].prefix for kind in activations.values())
        raise SpecError("activation", f"one of {names}", name)
    return activations[key]
