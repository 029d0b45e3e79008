"""Round trips: what is written says all that its format can, and reading it gives the same tables."""

import json
from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osem_migrate.formats import Export, ExportedEnvironment, Given, Reading, read, write
from osem_migrate.operations import SetBilling, SetTags, SetTimeToLive, Setting
from osem_migrate.planning.autogenerate import autogenerate
from osem_migrate.planning.drift.code import DriftCode
from osem_migrate.planning.import_file import compare, plan_file_import
from osem_migrate.schema import Index, S, Schema, Table, Throughput
from tests.doubles import terraform_provider
from tests.doubles.example_files import EXAMPLES
from tests.strategies import operations, schemas


def export(schema: Schema, *names: str) -> Export:
    """The same tables in every environment, under the names of the default pattern."""
    return Export(
        application="osem",
        environments=[
            ExportedEnvironment(
                name=name, schema=schema, names={table: f"osem-{name}-{table}" for table in schema.tables}
            )
            for name in names or ("dev",)
        ],
    )


def facts(table: Table, kinds: Collection[type[Setting]]) -> object:
    """All that can be told of a table, in one spelling: what a setting is by default it need not say."""
    billing = SetBilling.of(table)
    settings: dict[str, object] = {}
    for kind in kinds:
        setting = table.setting(kind) or kind.default(table.name)
        if isinstance(setting, SetTags):
            settings[kind.noun] = {key: text for key, text in setting.tags.items() if text is not None}
        elif isinstance(setting, SetTimeToLive):
            settings[kind.noun] = setting.attribute if setting.enabled else None
        else:
            settings[kind.noun] = setting
    indexes = {
        index.name: (
            index.partition_keys,
            index.sort_keys,
            table.projection(index),
            billing.index_throughput(index.throughput) if SetBilling in kinds else None,
        )
        for index in table.indexes
    }
    locals_ = {index.name: (index.sort_key, table.projection(index)) for index in table.local_indexes}
    return table.name, table.keys, indexes, locals_, settings


def check(reading: Reading, schema: Schema) -> None:
    """The reading has the tables of the schema, as the test sees it and as the tool does."""
    assert set(reading.schema.tables) == set(schema.tables)
    for name, table in schema.tables.items():
        found = reading.schema.tables[name]
        assert facts(found, reading.says.settings) == facts(table, reading.says.settings)
        assert compare(found, table, reading.says) == ()


@given(schemas())
def test_cloudformation(schema: Schema) -> None:
    """A template loses nothing."""
    written = write("cloudformation", export(schema))
    reading = read(written.text, file="t.yml")
    assert (written.notes, reading.notes) == ((), ())
    check(reading, schema)
    assert {found.table.name: found.physical_name for found in reading.tables} == export(schema).first.names


@given(schemas(max_operations=2), schemas(max_operations=2))
def test_a_template_of_two_environments(first: Schema, second: Schema) -> None:
    """Where environments differ, the parameter chooses: each of them gets its own."""
    shared = first.tables.keys() & second.tables.keys()
    schemas_ = {
        name: Schema({table: schema.tables[table] for table in sorted(shared)})
        for name, schema in (("dev", first), ("prod", second))
    }
    environments = [
        ExportedEnvironment(name=name, schema=schema, names={table: f"{table}-{name}" for table in schema.tables})
        for name, schema in schemas_.items()
    ]
    text = write("cloudformation", Export(application="osem", environments=environments)).text
    for name, schema in schemas_.items():
        reading = read(text, file="t.yml", given=Given(values={"Environment": name}))
        check(reading, schema)
        assert all(found.physical_name == f"{found.table.name}-{name}" for found in reading.tables)


@given(schemas())
def test_terraform(schema: Schema) -> None:
    """The provider accepts the configuration, and its state is read as the same tables."""
    document = json.loads(write("terraform", export(schema)).text)
    assert terraform_provider.complaints(document) == []
    reading = read(json.dumps(terraform_provider.applied(document)), file="state.json", form="terraform")
    assert reading.notes == ()
    check(reading, schema)
    assert {found.table.name: found.physical_name for found in reading.tables} == export(schema).first.names


@given(schemas())
def test_workbench(schema: Schema) -> None:
    """A model says keys, indexes and capacity; an index that it cannot say is left out, and noted."""
    written = write("workbench", export(schema))
    left_out = {note.place for note in written.notes if "left out" in note.text}
    unsaid = {note.place for note in written.notes}
    for name, table in read(written.text, file="m.json").schema.tables.items():
        expected = schema.tables[name]
        kept = [index for index in expected.indexes if f"{name}/{index.name}" not in left_out]
        assert [index.name for index in table.indexes] == [index.name for index in kept]
        if not any(place == name or place.startswith(f"{name}/") for place in unsaid):
            assert facts(table, frozenset({SetBilling})) == facts(expected, frozenset({SetBilling}))


@given(schemas())
def test_a_model_is_in_sync_with_what_it_was_written_from(schema: Schema) -> None:
    """What it cannot say is no difference, is told, and no script changes it."""
    written = write("workbench", export(schema))
    reading = read(written.text, file="m.json")
    planned = plan_file_import(dict(reading.schema.tables), schema, reading.says, whole=True)
    assert planned.differences == ()
    noted = [(note.place, note.text.partition(": ")[2].removesuffix("; left out")) for note in written.notes]
    assert sorted((one.subject, one.text) for one in planned.unsaid) == sorted(noted)
    found = autogenerate(schema, reading.schema, reading.says)
    assert (found.proposals, found.differences) == ((), ())


@given(st.data(), schemas())
def test_whatever_changes_in_a_model_is_a_difference(data: st.DataObject, schema: Schema) -> None:
    """From either side; and nothing is one of which the model says the same."""
    after = data.draw(operations(schema)).apply(schema)
    texts = [write("workbench", export(one)).text for one in (schema, after)]
    for text, scripts in zip(texts, (after, schema), strict=True):
        reading = read(text, file="m.json")
        differences = plan_file_import(dict(reading.schema.tables), scripts, reading.says, whole=True).differences
        assert (differences == ()) == (texts[0] == texts[1])


def test_an_index_that_a_file_cannot_say_has_no_capacity_of_another_billing() -> None:
    """A model says nothing of an index with two sort keys, nor of what it may take at most on demand."""
    index = Index("b-index", S("id"), (S("teamId"), S("ownerId")))
    provisioned = Table(
        "Plans", S("id"), indexes=(index,), settings=(SetBilling.provisioned("Plans", read=1, write=1),)
    )
    on_demand = Table(
        "Plans",
        S("id"),
        indexes=(replace(index, throughput=Throughput(1, None)),),
        settings=(SetBilling.on_demand("Plans"),),
    )
    for one, other in ((provisioned, on_demand), (on_demand, provisioned)):
        reading = read(write("workbench", export(Schema({"Plans": one}))).text, file="m.json")
        scripts = Schema({"Plans": other})
        differences = plan_file_import(dict(reading.schema.tables), scripts, reading.says, whole=True).differences
        assert {difference.code for difference in differences} == {DriftCode.BILLING}


@pytest.mark.parametrize("form", ["cloudformation", "terraform", "workbench"])
def test_an_example_is_read_and_written_again(form: str) -> None:
    """What another tool's file declares is the same after it was written by this one."""
    first = read(EXAMPLES[form], file="example")
    again = write(form, export(first.schema)).text
    if form == "terraform":
        again = json.dumps(terraform_provider.applied(json.loads(again)))
    check(read(again, file="again"), first.schema)


@given(schemas(), st.sampled_from(["mermaid", "dot", "html"]))
def test_a_picture_names_everything(schema: Schema, form: str) -> None:
    """Every table and every index is in it."""
    text = write(form, export(schema)).text
    for table in schema.tables.values():
        for name in (table.name, *(index.name for index in table.all_indexes)):
            assert name in text
