"""What every room may use: errors, limits, log events, metrics, clock."""
