"""One partition's mind: points in, findings out."""
