"""The shop's data, as an application uses it."""

from shop.store import Shop

__all__ = ["Shop"]
