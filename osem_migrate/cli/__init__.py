"""The command line: every command parses, calls the library and renders; nothing is decided here."""
