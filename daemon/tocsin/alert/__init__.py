"""Findings become alerts and incidents."""
