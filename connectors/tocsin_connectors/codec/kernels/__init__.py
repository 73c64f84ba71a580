"""Compiled code of the codecs: free functions over arrays."""
