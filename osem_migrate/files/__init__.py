"""The migrations folder: reading its scripts, and writing new ones."""
