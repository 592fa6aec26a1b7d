"""Layerwright's core: write, build, inspect and train PyTorch networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlib.builder import Network as Network
    from netlib.builder import build as build
    from netlib.certificate import Certificate as Certificate
    from netlib.certificate import certify as certify
    from netlib.errors import NetlibError as NetlibError
    from netlib.experiment import Experiment as Experiment
    from netlib.spec import NetworkSpec as NetworkSpec
    from netlib.styles import STYLES as STYLES
    from netlib.styles import Source as Source
    from netlib.styles import generate as generate
    from netlib.training import train as train
    from netlib.transfer import carry as carry

# Loaded on first use, so that code can be shown before torch is there (PEP 562).
_HOMES = {
    "Certificate": "certificate",
    "Experiment": "experiment",
    "NetlibError": "errors",
    "Network": "builder",
    "NetworkSpec": "spec",
    "STYLES": "styles",
    "Source": "styles",
    "build": "builder",
    "certify": "certificate",
    "carry": "transfer",
    "generate": "styles",
    "train": "training",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netlib' has no attribute {name!r}")
    return getattr(import_module(f"netlib.{_HOMES[name]}"), name)
