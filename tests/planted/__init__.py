"""Bugs that are planted one at a time, to see which test catches each: ``python -m tests.planted``."""
