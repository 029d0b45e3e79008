"""DeleteItems: a hazard that nothing takes back."""

from collections.abc import Mapping
from typing import Any

import pytest

from osem_migrate.errors import InapplicableOperation
from osem_migrate.items.lookup import Lookup
from osem_migrate.migration import operation_hash
from osem_migrate.operations.delete_items import DeleteItems
from osem_migrate.schema import S, Table
from tests.unit.operations.asking import schema_of

USERS, SESSIONS = Table("Users", S("userId")), Table("Sessions", S("id"))


def is_orphan(item: Mapping[str, Any], lookup: Lookup) -> bool:
    """Whether its user is gone."""
    return lookup("Users", userId=item["userId"]) is None


DELETE = DeleteItems("Sessions", when=is_orphan, lookups=["Users"], where="attribute_exists(userId)")


def test_it_is_one_pass_that_deletes_in_transactions() -> None:
    """What was missing has to be missing still, and both tables are known."""
    (step,) = DELETE.steps(schema_of(SESSIONS, USERS))
    assert DELETE.apply(schema_of(SESSIONS, USERS)) == schema_of(SESSIONS, USERS)
    assert step.tables == {"Users": USERS}
    write = step.decide({"id": {"S": "1"}, "userId": {"S": "u"}}, lambda _table, _index, _key: ())
    assert write is not None
    assert write.method == "transact_write_items"
    assert step.permissions == tuple(
        f"dynamodb:{action}" for action in ("ConditionCheckItem", "DeleteItem", "GetItem", "Scan")
    )
    assert (step.action, DELETE.reads) == ("DeleteItems", ("Users",))


def test_it_says_what_is_lost_and_has_no_way_back() -> None:
    """As a dropped table does."""
    assert DELETE.describe() == "delete items of Sessions for which is_orphan says so, where attribute_exists(userId)"
    assert DELETE.hazard == "every item of table Sessions for which is_orphan says so is lost"
    assert not DELETE.is_reversible
    with pytest.raises(InapplicableOperation, match="deleted items do not come back"):
        DELETE.reverse(schema_of(SESSIONS))


def test_the_checksum_leaves_out_how() -> None:
    """Rates may be changed, the function may not."""
    quick = DeleteItems("Sessions", is_orphan, DELETE.where, ["Users"], 5, False, 1, 2, 3)  # noqa: FBT003 - as declared
    assert operation_hash(quick) == operation_hash(DELETE)
    assert operation_hash(DeleteItems("Sessions", is_orphan)) != operation_hash(DELETE)
