"""Online detectors over many series: arrays in, scores out."""
