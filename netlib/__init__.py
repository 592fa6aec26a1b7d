"""Layerwright's core: write, build, inspect and train PyTorch networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlib.errors import NetlibError as NetlibError
    from netlib.experiment import Experiment as Experiment
    from netlib.experiment import TrainingPlan as TrainingPlan
    from netlib.model.builder import Network as Network
    from netlib.model.builder import build as build
    from netlib.model.transfer import carry as carry
    from netlib.program.writer import Program as Program
    from netlib.program.writer import write as write
    from netlib.proofs.certificate import Certificate as Certificate
    from netlib.proofs.certificate import certify as certify
    from netlib.source.styles import STYLES as STYLES
    from netlib.source.styles import Source as Source
    from netlib.source.styles import generate as generate
    from netlib.spec.network import NetworkSpec as NetworkSpec
    from netlib.training.record import RunRecord as RunRecord
    from netlib.training.record import train as train

# Loaded on first use, so that code can be shown before torch is there (PEP 562).
_HOMES = {
    "Certificate": "proofs.certificate",
    "Experiment": "experiment",
    "NetlibError": "errors",
    "Network": "model.builder",
    "NetworkSpec": "spec.network",
    "STYLES": "source.styles",
    "Source": "source.styles",
    "TrainingPlan": "experiment",
    "build": "model.builder",
    "certify": "proofs.certificate",
    "carry": "model.transfer",
    "generate": "source.styles",
    "Program": "program.writer",
    "RunRecord": "training.record",
    "train": "training.record",
    "write": "program.writer",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netlib' has no attribute {name!r}")
    return getattr(import_module(f"netlib.{_HOMES[name]}"), name)
