"""Orders: by time, a page at a time, and by status."""

from decimal import Decimal

from shop import Shop

ANN = "ann@example.com"


def place(shop: Shop, days: int) -> None:
    """An order a day."""
    for day in range(1, days + 1):
        shop.place_order(
            ANN, 100 + day, f"2026-11-{day:02}T09:30:00Z", [(42, 2, Decimal("39.80")), (7, 1, Decimal("0.20"))]
        )


def test_an_order_empties_the_cart(shop: Shop) -> None:
    """It has its lines and its total, and there is one however often it is placed."""
    shop.carts.put({"email": ANN, "product_id": 42, "quantity": 2})
    for _ in range(2):
        place(shop, 1)
    (order,) = shop.orders.query({"email": ANN})
    assert (order["order_id"], order["total"], len(order["lines"])) == (101, Decimal(40), 2)
    assert order["lines"][0] == {"product_id": 42, "quantity": 2, "price": Decimal("39.8")}
    assert list(shop.carts.query({"email": ANN})) == []


def test_orders_by_time(shop: Shop) -> None:
    """Of some days, the newest first; and all of them, in pages."""
    place(shop, 9)
    found = shop.orders_between(ANN, "2026-11-03", "2026-11-05T23:59:59Z")
    assert [order["order_id"] for order in found] == [105, 104, 103]
    page = shop.orders.page({"email": ANN}, limit=5)
    rest = shop.orders.page({"email": ANN}, limit=5, cursor=page.cursor)
    assert [order["order_id"] for order in (*page.items, *rest.items)] == list(range(101, 110))
    assert rest.cursor is None


def test_orders_by_status(shop: Shop) -> None:
    """Those that are to be sent, the oldest first."""
    place(shop, 3)
    first = {"email": ANN, "created_at": "2026-11-01T09:30:00Z", "order_id": 101}
    shop.orders.update(first, {"status": "sent"}, expected={"status": "placed"})
    assert [order["order_id"] for order in shop.orders.query({"status": "placed"}, index="by-status")] == [102, 103]
