"""What crosses between roles."""
