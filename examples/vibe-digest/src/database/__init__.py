"""The digest's table and what is in it."""

from database.client import VibeDigestClient
from database.item import DigestItem

__all__ = ["DigestItem", "VibeDigestClient"]
