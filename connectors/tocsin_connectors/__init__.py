"""Bytes in, columns out, payloads out."""
