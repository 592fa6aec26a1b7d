"""Random and awkward networks that several tests share."""

from hypothesis import reject
from hypothesis import strategies as st

from netlib import NetlibError
from netlib.spec.kinds import KINDS
from netlib.spec.layer import LARGEST_WIDTH
from netlib.spec.network import NetworkSpec

numbers = {
    "p": st.sampled_from([0.0, 0.25, 1.0]),
    "eps": st.sampled_from([1e-5, 1.23456e-5, 0.001]),
    "momentum": st.sampled_from([0.1, 1.23456e-5, 0.9]),
    "negative_slope": st.sampled_from([0.01, 0.123456, 0.0]),
    "init": st.sampled_from([0.25, -1.5]),
    "alpha": st.sampled_from([1.0, 0.5]),
    "beta": st.sampled_from([1.0, 123.456]),
    "threshold": st.sampled_from([20.0, 1.5]),
    "min_val": st.sampled_from([-1.0, -2.5]),
    "max_val": st.sampled_from([1.0, 2.5]),
    "dim": st.sampled_from([-1, 1]),
    "lower": st.sampled_from([0.125, 0.0]),
    "upper": st.sampled_from([0.333333, 1.0]),
    "lambd": st.sampled_from([0.5, 1.5]),
    "value": st.sampled_from([0.0, -1.5]),
    "num_groups": st.sampled_from([1, 2]),
    "approximate": st.sampled_from(["none", "tanh"]),
}


@st.composite
def layers(draw, widths):
    kind = draw(st.sampled_from(list(KINDS)))
    values = {"kind": kind}
    for name, field in KINDS[kind].model_fields.items():
        if name in numbers:
            values[name] = draw(numbers[name])
        elif field.annotation is bool:
            values[name] = draw(st.booleans())
    if KINDS[kind].size_field:
        values[KINDS[kind].size_field] = draw(widths)
    return values


@st.composite
def specs(draw):
    """Networks of every kind over rows of one to three dimensions."""
    widths = st.integers(1, 9)
    drawn = draw(st.lists(layers(widths), min_size=1, max_size=8))
    if draw(st.booleans()):
        drawn[0]["name"] = draw(st.sampled_from(["hidden", "n" * 20]))
    try:
        return NetworkSpec(
            name=draw(st.sampled_from(["Net", "N" * 40])),
            input_shape=draw(st.lists(widths, min_size=1, max_size=3)),
            layers=drawn,
        )
    except NetlibError:
        reject()


NETWORKS = {
    "article": NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid"),
    "regularised": NetworkSpec(
        name="Regularised",
        input_shape=(1, 8, 8),
        layers=[
            {"kind": "Flatten"},
            {"kind": "Linear", "out_features": 32, "bias": False},
            {"kind": "BatchNorm1d", "momentum": 0.2},
            {"kind": "PReLU"},
            {"kind": "Dropout", "p": 0.3},
            {"kind": "Linear", "out_features": 16, "name": "hidden"},
            {"kind": "LayerNorm"},
            {"kind": "LeakyReLU", "negative_slope": 0.2},
            {"kind": "Linear", "out_features": 10},
            {"kind": "LogSoftmax"},
        ],
    ),
}
AWKWARD = {
    "a name like an import": NetworkSpec.mlp([2, 1], None, "sigmoid", "MyOrderedDict"),
    "one layer": NetworkSpec.mlp([3, 1], None, None),
    "one activation": NetworkSpec(input_shape=(3,), layers=[{"kind": "ReLU"}]),
    "forty layers": NetworkSpec.mlp([8] * 40 + [1], "relu", "sigmoid"),
    "no bias": NetworkSpec(
        input_shape=(5,),
        layers=[{"kind": "Linear", "out_features": 4, "bias": False}] * 3,
    ),
    "widest": NetworkSpec.mlp([LARGEST_WIDTH] * 4, "leaky_relu", "log_softmax"),
    "longest names": NetworkSpec(
        name="N" * 40,
        input_shape=(LARGEST_WIDTH,),
        layers=[
            {
                "kind": "BatchNorm1d",
                "name": f"{'n' * 19}{letter}",
                "eps": 1.23456e-05,
                "momentum": 1.23456e-05,
                "affine": affine,
            }
            for letter, affine in zip("abcdef", [False, True] * 3)
        ]
        + [
            {
                "kind": "Hardtanh",
                "name": "h" * 20,
                "min_val": -1.23456e-05,
                "max_val": 1.23456e-05,
            },
            {"kind": "GELU", "name": "g" * 20, "approximate": "tanh"},
        ],
    ),
    "a hundred": NetworkSpec(
        input_shape=(7,),
        layers=[
            {"kind": "BatchNorm1d", "eps": 1.23456e-05, "momentum": 1.23456e-05},
            {"kind": "PReLU", "per_channel": True, "init": -1.23456e-05},
        ]
        * 50,
    ),
    "image": NetworkSpec(
        input_shape=(3, 8, 8),
        layers=[
            {"kind": "LayerNorm", "eps": 1.23456e-05},
            {"kind": "Linear", "out_features": 5},
            {"kind": "Flatten"},
            {"kind": "Linear", "out_features": 2},
            {"kind": "Softmax"},
        ],
    ),
}
