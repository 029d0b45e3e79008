"""NoSQL Workbench: keys, indexes and capacity of a model, and what it or a script cannot say."""

import json

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats import read, write
from osem_migrate.operations import CreateTable, SetBilling, SetStream, SetTags, SetTimeToLive
from osem_migrate.schema import Index, LocalIndex, N, S, Schema, Throughput
from tests.doubles.example_files import workbench
from tests.unit.formats.test_round_trip import export


def test_a_model() -> None:
    """Keys, indexes with their capacity and billing are read; facets, data and autoscaling are noted."""
    reading = read(json.dumps(workbench()), file="m.json")
    (found,) = reading.tables
    assert (found.table.name, found.physical_name, found.table.keys) == ("Orders", None, (S("pk"), N("sk")))
    assert found.table.indexes == (Index("status-index", S("status"), None, "INCLUDE", ["isOpen"], Throughput(1, 2)),)
    assert SetBilling.of(found.table).throughput == Throughput(5, 6)
    assert [note.place for note in reading.notes] == [
        "m.json: /DataModel/0/TableFacets",
        "m.json: /DataModel/0/TableData",
        "m.json: /DataModel/0/ProvisionedCapacitySettings/AutoScalingRead",
    ]


def test_what_a_model_cannot_say() -> None:
    """It is noted: settings, maxima, and keys of several attributes, whose index is left out."""
    schema = CreateTable(
        "T",
        S("id"),
        S("at"),
        indexes=[
            Index("several", (S("a"), S("b"))),
            Index("capped", S("a"), throughput=Throughput(5, None)),
        ],
        local_indexes=[LocalIndex("local", N("size"))],
        settings=[
            SetStream("T", "NEW_IMAGE"),
            SetBilling.on_demand("T", max_read=9),
            SetTags("T", {"Team": "core"}),
            SetTimeToLive("T", "until", enabled=False),
        ],
    ).apply(Schema())
    written = write("workbench", export(schema))
    assert [note.describe() for note in written.notes] == [
        "T: a model cannot say: stream NEW_IMAGE",
        "T: a model cannot say: tags Team=core",
        "T: a model cannot say: on-demand, at most 9 read and ∞ write units",
        "T/capped: a model cannot say: its maximum throughput",
        "T/several: a model cannot say: keys of several attributes; left out",
    ]
    (table,) = read(written.text, file="m.json").schema.tables.values()
    assert [index.name for index in table.indexes] == ["capped"]
    assert table.local_indexes == (LocalIndex("local", N("size")),)


def test_mistakes() -> None:
    """A model in which an attribute has two types is refused with both places."""
    model = workbench()
    model["DataModel"][0]["GlobalSecondaryIndexes"][0]["KeyAttributes"]["PartitionKey"] = {
        "AttributeName": "sk",
        "AttributeType": "S",
    }
    with pytest.raises(FormatError) as refused:
        read(json.dumps(model), file="m.json")
    assert refused.value.message == (
        "m.json: /DataModel/0/GlobalSecondaryIndexes/0/KeyAttributes/PartitionKey/AttributeType: "
        "attribute 'sk' is S here and N at /DataModel/0/KeyAttributes/SortKey/AttributeType"
    )
