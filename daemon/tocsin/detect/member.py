"""A detector among others: its calibration, and its share of the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.detect.calibrate import Calibration
from tocsin_detectors.contract import Detector

DRIFT_SHARE = 0.2  # of the budget goes to tests for weak lasting shifts, the rest to the others


@dataclass(frozen=True, slots=True)
class Member:
    """A detector, the calibration of its scores, and its share of the budget."""

    detector: Detector
    calibration: Calibration
    weight: float


def weights(detectors: Sequence[Detector]) -> list[float]:
    """Shares of the budget: drift tests `DRIFT_SHARE` together, all others the rest."""
    drift = [d.kind == "drift" for d in detectors]
    n_drift, n = sum(drift), len(drift)
    if n_drift in (0, n):
        return [1.0 / n] * n
    return [DRIFT_SHARE / n_drift if d else (1 - DRIFT_SHARE) / (n - n_drift) for d in drift]
