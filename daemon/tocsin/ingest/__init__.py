"""Records become point batches."""
