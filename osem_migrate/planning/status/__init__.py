"""Where an environment stands, as values."""
