"""tocsin: streams in, few calibrated and explained alerts out."""

__version__ = "0.1.0"
