"""Level and spread: the plain detectors every other one is compared with."""
