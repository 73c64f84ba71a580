"""Sequential tests: small shifts that last."""
