"""The document of ``list``."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from osem_migrate.cli.documents.printed import Printed
from osem_migrate.cli.documents.table import TableDocument, table_document
from osem_migrate.cli.documents.unfinished_pass import UnfinishedPassDocument, unfinished_pass_documents
from osem_migrate.live_table import LiveTable
from osem_migrate.planning.items import PassStatus


class ListCounts(TypedDict):
    """How many there are."""

    tables: int
    indexes: int
    local_indexes: int


class ListDocument(TypedDict):
    """The tables of an environment, its history table too."""

    counts: ListCounts
    tables: list[TableDocument]
    passes: list[UnfinishedPassDocument]
    """Over the items of these tables, which are not over."""


PRINTED = {"list": Printed((ListDocument,))}


def list_document(live_tables: Sequence[LiveTable], passes: Sequence[PassStatus]) -> ListDocument:
    """Every table that was found."""
    tables = [table_document(live) for live in live_tables]
    return {
        "counts": {
            "tables": len(tables),
            "indexes": sum(len(table["indexes"]) for table in tables),
            "local_indexes": sum(len(table["local_indexes"]) for table in tables),
        },
        "tables": tables,
        "passes": unfinished_pass_documents(passes),
    }
