"""Create table Shop."""

from osem_migrate import CreateTable, Index, S

operations = [
    CreateTable(
        "Shop",
        partition_key=S("PK"),
        sort_key=S("SK"),
        indexes=[Index("by-status", partition_key=S("status"), sort_key=S("created_at"))],
    ),
]
