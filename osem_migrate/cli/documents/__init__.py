"""The documents of ``--json``: their members as types, and what fills them. Only ``--json`` imports any of it.

Times are ISO 8601 in UTC, durations have their unit in the name, and a member that does not apply is null. No document
is checked as it is printed: it has to tell whatever was found, file names that are not UTF-8 among it.
"""
