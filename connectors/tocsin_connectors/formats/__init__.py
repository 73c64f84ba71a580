"""How records become readings."""
