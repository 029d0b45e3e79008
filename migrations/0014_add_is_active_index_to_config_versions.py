"""ConfigVersions by isActive: answers "which configuration is active, newest first".

isActive is a Number, 0 or 1, because a key of DynamoDB cannot be Boolean.
Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, N

operations = [
    AddIndex(
        "ConfigVersions",
        "isActive-index",
        partition_key=N("isActive"),  # nolint: IDX01 a version is written by hand, a few a month
        sort_key=N("createdAt"),
    ),
]
