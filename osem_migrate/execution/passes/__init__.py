"""Passes: how the items of a table are gone through, a few segments at a time."""
