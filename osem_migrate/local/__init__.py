"""The embedded engine behind ``--env local``: a DynamoDB on this machine that stays up between commands."""

from osem_migrate.local.engine import LocalEngine
from osem_migrate.local.state import EngineKind, EngineState

__all__ = ["EngineKind", "EngineState", "LocalEngine"]
