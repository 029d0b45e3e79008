"""The migrations make what the contract promises."""

from shop.store import CONTRACT

from osem_migrate import Migrator, VerifyOptions


def test_the_tables_satisfy_the_contract(migrator: Migrator) -> None:
    """Keys, types, indexes and projections, for each entity."""
    verification = migrator.verify(VerifyOptions(contract=CONTRACT))
    assert verification.passed
    assert [checklist.entity or checklist.table for checklist in verification.tables] == [
        "Products", "CUSTOMER", "CART", "ORDER", "Payments"
    ]  # fmt: skip
