"""One application in one environment, connected: its names, tables, history, lock, and who works on it."""
