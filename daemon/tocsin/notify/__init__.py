"""Alerts reach their sinks."""
