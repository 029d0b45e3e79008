"""A simulated account with a table of users, and scripts that go through its items."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from osem_migrate import PartialError, UpgradeOptions
from osem_migrate.errors import Interrupted, OsemMigrateError
from osem_migrate.events import OperationFinished, PassProgress, RunEvent
from osem_migrate.stop import Stop
from tests.doubles.project import HISTORY, Watched
from tests.doubles.site import Site
from tests.simulator import Hook
from tests.simulator.calls import Call
from tests.torture.stage import Stage

USERS = "osem-dev-Users"
BEGIN = {"0001_users": 'operations = [CreateTable("Users", S("id"))]'}
FUNCTIONS = """
from osem_migrate.items.change import REMOVE
from osem_migrate.operations.check_items import CheckItems
from osem_migrate.operations.delete_items import DeleteItems
from osem_migrate.operations.put_items import PutItems
from osem_migrate.operations.update_items import UpdateItems

def full_name(item):
    return {"fullName": f"{item['first']} {item['last']}"}

def no_full_name(item):
    return {"fullName": REMOVE}

def is_orphan(item, lookup):
    return lookup("Users", id=item["user"]) is None

"""
FULL_NAME = 'UpdateItems("Users", full_name, undo=no_full_name, segments=4)'


class PassSite:
    """The table is there, and as many users as asked for.

    Attributes:
        site: the account.
        scripts: of the project.
    """

    def __init__(self, site: Site, users: int) -> None:
        self.site = site
        self.scripts = dict(BEGIN)
        site.project(self.scripts)
        _begun().put_up_in(site.simulator, site.clock.advance)
        site.settle()
        for number in range(users):
            site.simulator.call("PutItem", {"TableName": USERS, "Item": typed_item(user(number))})

    @classmethod
    @contextmanager
    def standing(cls, folder: Path, users: int = 20) -> Iterator["PassSite"]:
        """One whose simulator was asked nothing unknown in the end."""
        with Site.standing(folder) as site:
            yield cls(site, users)

    def declare(self, operation: str, name: str = "0002_pass", functions: str = FUNCTIONS) -> "PassSite":
        """A script with these operations."""
        self.scripts[name] = f"{functions}\noperations = [{operation}]"
        return self

    def watched(self, on_event: Callable[[RunEvent], None] = lambda _event: None) -> Watched:
        """A new process, so to speak."""
        return self.site.watched(self.scripts, on_event)

    def upgrade(self, **options: Any) -> Watched:
        """Upgrade in a new process."""
        watched = self.watched()
        watched.migrator.upgrade(UpgradeOptions(allow_data_loss=True, **options))
        return watched

    def failing(self, **options: Any) -> tuple[OsemMigrateError, Watched]:
        """The same where it fails: the cause, and who it was."""
        watched = self.watched()
        try:
            watched.migrator.upgrade(UpgradeOptions(allow_data_loss=True, **options))
        except PartialError as partial:
            return partial.cause, watched
        except OsemMigrateError as error:
            return error, watched
        raise AssertionError("the upgrade has not failed")

    def put(self, item: Mapping[str, str], table: str = USERS) -> None:
        """What an application writes."""
        self.site.client.put_item(TableName=table, Item=typed_item(item))

    def items(self, table: str = USERS) -> dict[str, dict[str, str]]:
        """All items by their id, without a trace in the log."""
        found = self.site.aws.simulator._apply("Scan", {"TableName": table, "ConsistentRead": True})["Items"]
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in found]
        return {item["id"]: item for item in plain}

    def history(self) -> list[dict[str, Any]]:
        """The items of the history table, in typed JSON."""
        found: list[dict[str, Any]] = self.site.client.scan(TableName=HISTORY)["Items"]
        return found

    def stop_at(self, nth: int, action: str = "UpdateItem") -> Stop:
        """A request to stop that comes with the nth call on the table."""
        stop = Stop(self.site.clock.clock)
        self.at(nth, lambda _: stop.request(Interrupted("stopped")), action)
        return stop

    def at(self, nth: int, do: Callable[[Call], object], action: str = "UpdateItem", times: int | None = 1) -> None:
        """Do something just before the nth call on the table."""
        self.site.aws.simulator.faults.plan(Hook(before=do), action=action, table=USERS, nth=nth, times=times)


@cache
def _begun() -> Stage:
    """What the upgrade asked for that every one of them begins with."""
    with TemporaryDirectory() as folder, Site.standing(Path(folder)) as site:
        site.watched(BEGIN).migrator.upgrade()
        return site.simulator.stage


def typed_item(item: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """In DynamoDB's JSON."""
    return {name: {"S": value} for name, value in item.items()}


def user(number: int) -> dict[str, str]:
    """``{"id": "u3", "first": "Ada", "last": "3"}``."""
    return {"id": f"u{number}", "first": "Ada", "last": str(number)}


def named(number: int) -> dict[str, str]:
    """The same after full_name."""
    return {**user(number), "fullName": f"Ada {number}"}


def progress(watched: Watched) -> PassProgress:
    """The last that was told of a pass."""
    return [event for event in watched.events if isinstance(event, PassProgress)][-1]


def note(watched: Watched) -> str | None:
    """What people are told at the end."""
    return [event.note for event in watched.events if isinstance(event, OperationFinished)][-1]


def written(watched: Watched, table: str = USERS) -> int:
    """How many writes of items were sent to a table."""
    writes = {f"dynamodb:{action}" for action in ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems")}
    return sum(call.action in writes and call.table == table for call in watched.calls)
