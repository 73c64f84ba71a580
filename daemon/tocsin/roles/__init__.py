"""Composition: the only place that sees two rooms at once. It decides nothing."""
