"""Terraform: states and plans as its own command prints them, and configurations that it accepts."""

import json
from typing import Any

import pytest

from osem_migrate.errors import FormatError
from osem_migrate.formats import Export, ExportedEnvironment, read, write
from osem_migrate.operations import CreateTable, SetBilling, SetPointInTimeRecovery, SetStream, SetTags, SetTimeToLive
from osem_migrate.schema import Index, S, Schema, Throughput
from tests.doubles import terraform_provider
from tests.doubles.example_files import terraform_state
from tests.unit.formats.test_round_trip import export


def changed(**values: Any) -> str:
    """The example's state with some values of its first table replaced."""
    state = terraform_state()
    state["values"]["root_module"]["resources"][0]["values"] |= values
    return json.dumps(state)


def test_a_state() -> None:
    """Every argument is read, those of modules too; the key of for_each is the name; tags are all that there are."""
    reading = read(json.dumps(terraform_state()), file="s.json")
    orders, carts = reading.tables
    assert (orders.table.name, orders.physical_name) == ("orders", "Orders-dev")
    assert (carts.table.name, carts.physical_name) == ("Carts", "Carts-dev")
    assert carts.place == "s.json: /values/root_module/child_modules/0/resources/0"
    assert SetBilling.of(orders.table).throughput == Throughput(5, 6)
    assert orders.table.indexes == (Index("status-index", S("status"), None, "INCLUDE", ["total"], Throughput(1, 2)),)
    assert orders.table.setting(SetTags) == SetTags("orders", {"Owner": "platform", "Team": "shop"})
    assert orders.table.setting(SetPointInTimeRecovery) == SetPointInTimeRecovery("orders", enabled=True, days=7)
    assert carts.table.setting(SetTimeToLive) == SetTimeToLive("Carts", None, enabled=False)
    assert carts.table.setting(SetStream) == SetStream("Carts", None)


def test_an_empty_state() -> None:
    """It has no tables, and is no mistake."""
    assert read('{"format_version": "1.0", "values": {}}', file="s.json").tables == ()


def test_a_plan() -> None:
    """Of a plan, what would be there afterwards is read."""
    state = terraform_state()
    plan = {**state, "planned_values": state.pop("values"), "resource_changes": [], "prior_state": {}}
    assert [found.physical_name for found in read(json.dumps(plan), file="p.json").tables] == [
        "Orders-dev",
        "Carts-dev",
    ]


def test_names_that_collide() -> None:
    """Resources of one name in two modules, and those of count, are called as their tables are."""
    state = terraform_state()
    root = state["values"]["root_module"]
    first = root["resources"][0]
    counted = {**first, "index": 0, "values": {**first["values"], "name": "Orders-0"}}
    twin = {**first, "values": {**first["values"], "name": "Orders-twin"}}
    root["child_modules"] = [{"resources": [twin, counted]}]
    found = read(json.dumps(state), file="s.json").tables
    assert [one.table.name for one in found] == ["orders", "Orders-twin", "Orders-0"]


def test_what_is_not_read() -> None:
    """Replicas, and resources that change a table from outside, are noted with their place."""
    state = json.loads(changed(replica=[{"region_name": "eu-west-1"}]))
    other = {"mode": "managed", "type": "aws_dynamodb_table_replica", "name": "x", "values": {}}
    state["values"]["root_module"]["resources"] += [other, {**other, "type": "aws_s3_bucket"}]
    notes = [note.describe() for note in read(json.dumps(state), file="s.json").notes]
    assert notes == [
        "s.json: /values/root_module/resources/0/values/replica: no script can declare it",
        "s.json: /values/root_module/resources/2: aws_dynamodb_table_replica is not read",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"format_version": "1.0"}', "/: neither values of a state nor planned_values of a plan"),
        (changed(hash_key=None), "/values/root_module/resources/0/values: hash_key is missing"),
        (changed(attribute=[]), "/values/hash_key: nothing says of which type the key attribute 'customerId' is"),
        (changed(read_capacity=0, write_capacity=None), "provisioned billing needs read and write capacity"),
        (changed(stream_view_type="ALL"), "SetStream: view takes"),
        (changed(ttl=[{"enabled": True, "attribute_name": None}]), "/values/ttl/0: attribute_name is missing"),
        (changed(name=None), "/values: name is missing"),
    ],
)
def test_mistakes(text: str, says: str) -> None:
    """Each with its pointer."""
    with pytest.raises(FormatError) as refused:
        read(text, file="s.json")
    assert says in refused.value.message


def test_a_written_configuration() -> None:
    """Import blocks let Terraform take the tables over; what is off has no attribute; templates are escaped."""
    schema = CreateTable(
        "my.orders",
        S("${id}"),
        indexes=[Index("by-owner", (S("ownerId"), S("%{x}")))],
        settings=[SetTimeToLive("my.orders", "expiresAt", enabled=False)],
    ).apply(Schema())
    schema = CreateTable("my-orders", S("id")).apply(schema)
    schema = CreateTable("my_orders", S("id")).apply(CreateTable("1st", S("id")).apply(schema))
    document = json.loads(write("terraform", export(schema)).text)
    assert terraform_provider.complaints(document) == []
    tables = document["resource"]["aws_dynamodb_table"]
    assert list(tables) == ["my_orders", "my-orders", "table_1st", "my_orders_2"]
    assert tables["my_orders"]["hash_key"] == "$${id}"
    assert tables["my_orders"]["ttl"] == {"enabled": False}
    assert document["import"][0] == {"to": "aws_dynamodb_table.my_orders", "id": "osem-dev-my.orders"}
    assert document["terraform"]["required_providers"]["aws"]["version"] == ">= 6.37.0"
    plain = json.loads(write("terraform", export(CreateTable("T", S("id")).apply(Schema()))).text)
    assert plain["terraform"]["required_providers"]["aws"]["version"] == ">= 5.98.0"
    empty = Export(application="x", environments=[ExportedEnvironment(name="dev", schema=Schema(), names={})])
    assert "resource" not in json.loads(write("terraform", empty).text)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda table: table.update(colour="red"), "unknown colour"),
        (lambda table: table.pop("hash_key") and table.update(hash_key=5), "is not of"),
        (lambda table: table["attribute"].append({"name": "x", "type": "S"}), "are not the keys"),
        (lambda table: table.update(ttl={"enabled": False, "attribute_name": "x"}), "ttl.attribute_name"),
        (lambda table: table.update(billing_mode="PROVISIONED"), "capacity is missing"),
        (lambda table: table.update(stream_enabled=True), "stream_view_type is missing"),
        (lambda table: table.update(ttl=[{}, {}]), "2 blocks"),
        (lambda table: table.update(name="other"), "ids of the imports"),
    ],
)
def test_the_stand_in_for_the_provider_refuses(spoil: Any, says: str) -> None:
    """What the real one would refuse, so that its silence means something."""
    document = json.loads(write("terraform", export(CreateTable("T", S("id")).apply(Schema()))).text)
    spoil(document["resource"]["aws_dynamodb_table"]["T"])
    assert any(says in complaint for complaint in terraform_provider.complaints(document))
