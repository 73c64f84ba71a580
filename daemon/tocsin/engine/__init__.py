"""Moves batches; knows no detector."""
