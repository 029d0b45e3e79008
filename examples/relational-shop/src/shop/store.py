"""Shop: one repository for each entity of the contract, and what the application does with several of them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from osem_migrate.access import Contract, between

CONTRACT = Path(__file__).with_name("contract.json")


class Shop:
    """The shop in one environment; nothing is connected before the first call.

    Args:
        env: of pyproject.toml; OSEM_ENV, or dev, if None.
        table_name: the pattern of the tables' names where there is no pyproject.toml, as on a server.

    Attributes:
        customers: by e-mail.
        carts: the products in the carts of customers.
        orders: of customers, by time.
        products: by the ids that they had in the relational database.
        payments: by UUID.
    """

    def __init__(self, env: str | None = None, *, table_name: str | None = None) -> None:
        contract = Contract.load(CONTRACT)
        self.customers = contract.repository("CUSTOMER", env=env, table_name=table_name)
        self.carts = contract.repository("CART", env=env, table_name=table_name)
        self.orders = contract.repository("ORDER", env=env, table_name=table_name, forms={"total": Decimal})
        self.products = contract.repository("Products", env=env, table_name=table_name, forms={"price": Decimal})
        self.payments = contract.repository("Payments", env=env, table_name=table_name, forms={"payment_id": UUID})
        self.close = contract.close

    def place_order(
        self, email: str, order_id: int, created_at: str, prices: Sequence[tuple[int, int, Decimal]]
    ) -> None:
        """Write an order once, and empty the cart; safe to call again with the same order.

        Args:
            email: of the customer.
            order_id: as the relational database would number it.
            created_at: such as ``2026-11-28T09:30:00Z``.
            prices: of each line the product, the quantity and the price of all of them.
        """
        lines = [{"product_id": product, "quantity": count, "price": price} for product, count, price in prices]
        order = {
            "email": email,
            "order_id": order_id,
            "created_at": created_at,
            "status": "placed",
            "total": sum((price for _, _, price in prices), Decimal(0)),
            "lines": lines,
        }
        self.orders.put(order)
        for item in self.carts.query({"email": email}):
            self.carts.delete(self.carts.key_of(item))

    def orders_between(self, email: str, first: str, last: str) -> Iterator[dict[str, Any]]:
        """The orders of a customer from one time to another, both included, the newest first."""
        return self.orders.query({"email": email, "created_at": between(first, last)}, descending=True)
