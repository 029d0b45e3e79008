"""Item: what DynamoDB stores, as its API spells it."""

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
"""An item, or the key of one, in DynamoDB's typed JSON: ``{"teamId": {"S": "t1"}}``."""
