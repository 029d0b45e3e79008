"""Customers: an entity among others in one table."""

import pytest
from shop import Shop

from osem_migrate.errors import ConditionNotMet, KeyIncomplete

ANN = {"email": "ann@example.com", "name": "Ann", "customer_id": 7, "orders": 0}


def test_a_customer_registers_once(shop: Shop) -> None:
    """The second time there is one already."""
    shop.customers.put(ANN, if_absent=True)
    with pytest.raises(ConditionNotMet, match="there is one of that key already"):
        shop.customers.put({**ANN, "name": "Bob"}, if_absent=True)
    assert shop.customers.get({"email": ANN["email"]}) == ANN


def test_a_customer_has_an_address(shop: Shop) -> None:
    """No key is made of nothing."""
    with pytest.raises(KeyIncomplete, match="CUSTOMER: email, which is part of a key, is empty"):
        shop.customers.put({**ANN, "email": ""})
