"""Create table Payments."""

from osem_migrate import CreateTable, Index, N, S

operations = [
    CreateTable(
        "Payments",
        partition_key=S("payment_id"),
        indexes=[Index("by-order", partition_key=N("order_id"), projection="KEYS_ONLY")],
    ),
]
