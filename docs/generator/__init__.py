"""What the code says, written into the pages of docs/: the command reference and the tables of error codes."""
