"""Torture: runs that are disturbed at every call they make, and have to be finished by the next run."""
