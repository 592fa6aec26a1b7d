"""Layerwright's core: write, build, train, prove and export PyTorch networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlib.errors import NetlibError as NetlibError
    from netlib.experiment import Experiment as Experiment
    from netlib.experiment import TrainingPlan as TrainingPlan
    from netlib.exports import export as export
    from netlib.model.builder import build as build
    from netlib.model.transfer import carry as carry
    from netlib.program.writer import write as write
    from netlib.proofs.certificate import certify as certify
    from netlib.source.styles import STYLES as STYLES
    from netlib.source.styles import generate as generate
    from netlib.spec.network import NetworkSpec as NetworkSpec
    from netlib.training.record import train as train

# Loaded on first use, so that code can be shown before torch is there (PEP 562).
_HOMES = {
    "NetworkSpec": "spec.network",
    "Experiment": "experiment",
    "TrainingPlan": "experiment",
    "generate": "source.styles",
    "write": "program.writer",
    "build": "model.builder",
    "train": "training.record",
    "certify": "proofs.certificate",
    "carry": "model.transfer",
    "export": "exports",
    "NetlibError": "errors",
    "STYLES": "source.styles",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netlib' has no attribute {name!r}")
    return getattr(import_module(f"netlib.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
