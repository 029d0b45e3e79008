"""Create table Products."""

from osem_migrate import CreateTable, Index, N, S

operations = [
    CreateTable(
        "Products",
        partition_key=N("product_id"),
        indexes=[
            Index(
                "by-category",
                partition_key=S("category"),
                sort_key=N("price"),
                projection="INCLUDE",
                include=["name"],
            ),
        ],
    ),
]
