"""Verification against a contract: entity by entity, whether the tables are what it promises; needs no script."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from osem_migrate.commands.verify import Verification, VerifyOptions
from osem_migrate.deployment.deployment import Deployment
from osem_migrate.errors import DefinitionError, UsageError
from osem_migrate.files.location import shown_path
from osem_migrate.formats.contract import Contracted, read_entities
from osem_migrate.formats.entities import Entity
from osem_migrate.formats.file_text import file_text
from osem_migrate.planning.verify_contract import beyond, check_entity


def verify_contract(deployment: Deployment, contract: Path, options: VerifyOptions) -> Verification:
    """Check the tables of a contract, and of the indexes those that it has; needs no lock, no history and no script.

    Raises:
        FormatError: the contract cannot be read, or has a table that cannot be called so; with its place.
        UsageError: ``options`` ask for a probe, too.
        AwsError: DynamoDB refused.
    """
    if options.probe:
        raise UsageError("a contract is not verified with a probe, which writes to the tables of the scripts")
    shown = shown_path(contract)
    tables = read_entities(file_text(contract, shown), file=shown)
    for one in tables:
        _check_name(deployment, one)
    deployment.check_account()
    names = [one.found.table.name for one in tables]
    lives = {live.name: live for live in deployment.gateway.describe_all(dict.fromkeys(names, ()))}
    checklists = []
    for one in tables:
        table, live = one.found.table, lives[one.found.table.name]
        notes: Sequence[str] = beyond(live, table)
        for entity, indexes in _indexes(one):
            name = entity.name if len(one.entities) > 1 or entity.name != table.name else None
            checklists.append(check_entity(live, table, name, indexes).extended(notes=notes))
            notes = ()
    return Verification(tables=tuple(checklists), live_tables=lives)


def _check_name(deployment: Deployment, contracted: Contracted) -> None:
    """Refuse a table that can have no name in this environment."""
    try:
        deployment.environment.physical_name(contracted.found.table.name)
    except DefinitionError as refused:
        contracted.found.node.fail(refused.message)


def _indexes(contracted: Contracted) -> Iterator[tuple[Entity, Collection[str]]]:
    """Each entity with the indexes that hold its items; the first one with those that hold none, too."""
    found = [(entity, {index.name for index in entity.indexes()}) for entity in contracted.entities]
    held = {name for _, names in found for name in names}
    found[0][1].update(index.name for index in contracted.found.table.indexes if index.name not in held)
    yield from found
