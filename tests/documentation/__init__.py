"""The documentation: what it shows is run, what it names exists, and its tables are written by the code."""
