"""Named arrays to bytes and back, and where they live."""
