"""Tables of a CloudFormation template: Table, GlobalTable and SAM's SimpleTable."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from osem_migrate.formats import json_text, tables, yaml_text
from osem_migrate.formats.cloudformation.intrinsics import Template
from osem_migrate.formats.cloudformation.properties import (
    CAPACITY,
    MAXIMUM,
    Members,
    encryption_of,
    mode_of,
    recovery_of,
    settings_of,
    throughput_of,
    types_of,
)
from osem_migrate.formats.document import Node
from osem_migrate.formats.tables import Attributes
from osem_migrate.formats.values import FoundTable, Given, Note, Reading
from osem_migrate.operations import (
    SetTags,
    Setting,
)
from osem_migrate.schema import Index, Key, LocalIndex, Table, Throughput

METADATA = "osem-migrate"
"""The member of a resource's metadata that has the logical name where it can be no logical ID."""

_SIMPLE_TYPES = ("String", "Number", "Binary")


def read(text: str, *, file: str, given: Given) -> Reading:
    """The tables that a deployment with these parameters would make.

    Raises:
        FormatError: it is malformed, or declares what cannot be.
        FormatUnresolved: only a deployment would know a value.
    """
    parse = json_text.parse if text.lstrip().startswith("{") else yaml_text.parse
    document = parse(text, file)
    template = Template(document, given)
    reader = _Reader(template, given)
    found = tuple(reader.tables())
    return Reading(tables=found, notes=tuple(reader.notes))


@dataclass(slots=True)
class _Reader:
    """Reads one template; ``notes`` are what no script can declare."""

    template: Template
    given: Given
    notes: list[Note] = field(default_factory=list)

    def tables(self) -> Iterator[FoundTable]:
        """Every table whose condition holds."""
        kinds: Mapping[str, Callable[[Node, str], Table]] = {
            "AWS::DynamoDB::Table": self._table,
            "AWS::DynamoDB::GlobalTable": self._global_table,
            "AWS::Serverless::SimpleTable": self._simple_table,
        }
        for name, resource in self.template.document.need("Resources").mapping().items():
            if name.startswith("Fn::"):
                self._note(resource, "what it would make is not read")
                continue
            kind = resource.get("Type")
            if kind is None or kind.text() not in kinds:
                continue
            condition = resource.get("Condition")
            if condition is not None and not self.template.holds(condition):
                self._note(resource, f"left out, because condition {condition.text()} does not hold")
                continue
            yield self._found(resource, name, kinds[kind.text()])

    def _found(self, resource: Node, logical_id: str, build: Callable[[Node, str], Table]) -> FoundTable:
        given = resource.get("Properties") or resource.made({})
        properties = self.template.need(given)
        name = self._logical_name(resource, logical_id)
        physical = properties.get("TableName")
        if physical is None:
            self._note(resource, "it has no TableName, so only the stack knows what it is called")
        table = build(properties, name)
        return FoundTable(table=table, physical_name=physical.text() if physical is not None else None, node=resource)

    def _logical_name(self, resource: Node, logical_id: str) -> str:
        metadata = resource.get("Metadata")
        own = metadata.get(METADATA) if metadata is not None else None
        return own.need("Table").text() if own is not None else logical_id

    def _table(self, properties: Node, name: str) -> Table:
        rest = Members(properties, "TableName", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput")
        types = types_of(rest.need("AttributeDefinitions"))
        keys = types.keys(rest.need("KeySchema")).of_table(properties)
        mode = mode_of(properties)
        capacity = throughput_of(properties, mode)
        if mode == "PROVISIONED" and capacity is None:
            properties.fail(
                "ProvisionedThroughput is missing, and BillingMode is PROVISIONED where nothing else is said"
            )
        settings = [tables.billing(properties, name, mode, capacity), *settings_of(properties, rest, name)]
        if (encryption := rest.get("SSESpecification")) is not None:
            settings.append(encryption_of(encryption, name))
        indexes = [self._index(index, types, mode) for index in rest.elements("GlobalSecondaryIndexes")]
        local_indexes = self._local_indexes(rest, types)
        self._leave(rest)
        return tables.table(properties, name, keys, indexes=indexes, local_indexes=local_indexes, settings=settings)

    def _index(self, index: Node, types: Attributes, mode: str) -> Index:
        rest = Members(index, "ProvisionedThroughput", "OnDemandThroughput")
        name = rest.need("IndexName").text()
        keys = types.keys(rest.need("KeySchema"))
        projected = tables.projection(rest.need("Projection"), "ProjectionType", "NonKeyAttributes")
        self._leave(rest)
        return tables.index(index, name, keys, projected, throughput_of(index, mode))

    def _local_indexes(self, rest: Members, types: Attributes) -> list[LocalIndex]:
        found = []
        for index in rest.elements("LocalSecondaryIndexes"):
            keys = types.keys(index.need("KeySchema"))
            if len(keys.sort) != 1:
                index.fail("a local index has one sort key")
            projected = tables.projection(index.need("Projection"), "ProjectionType", "NonKeyAttributes")
            found.append(tables.local_index(index, index.need("IndexName").text(), keys.sort[0], projected))
        return found

    def _global_table(self, properties: Node, name: str) -> Table:
        """The table as the region has it that is read for; its other replicas are beyond any script."""
        rest = Members(properties, "TableName", "BillingMode")
        types = types_of(rest.need("AttributeDefinitions"))
        keys = types.keys(rest.need("KeySchema")).of_table(properties)
        replica = Members(self._replica(rest.need("Replicas")), "Region")
        mode = mode_of(properties)
        writes = rest.get(f"Write{_SETTINGS[mode]}")
        capacity = self._units(replica.get(f"Read{_SETTINGS[mode]}"), writes, mode)
        if mode == "PROVISIONED" and (capacity is None or None in {capacity.read, capacity.write}):
            properties.fail("the capacity is missing, and BillingMode is PROVISIONED where nothing else is said")
        settings = [
            tables.billing(properties, name, mode, capacity),
            *settings_of(properties, rest, name),
            *settings_of(replica.node, replica, name),
        ]
        if (encryption := rest.get("SSESpecification")) is not None:
            settings.append(encryption_of(encryption, name, replica.get("SSESpecification")))
        own = {index.need("IndexName").text(): index for index in replica.elements("GlobalSecondaryIndexes")}
        indexes = [self._global_index(index, own, types, mode) for index in rest.elements("GlobalSecondaryIndexes")]
        local_indexes = self._local_indexes(rest, types)
        self._leave(rest)
        self._leave(replica)
        return tables.table(properties, name, keys, indexes=indexes, local_indexes=local_indexes, settings=settings)

    def _replica(self, replicas: Node) -> Node:
        """The replica of the region that is given, else the first; the others are noted."""
        found = replicas.elements()
        if not found:
            replicas.fail("a global table has at least one replica")
        region = self.given.values.get("AWS::Region")
        own = next((replica for replica in found if replica.need("Region").value == region), found[0])
        for replica in found:
            if replica is not own:
                here = own.need("Region").text()
                self._note(replica, f"no script can declare a replica; the table is read as it is in {here}")
        return own

    def _global_index(self, index: Node, own: Mapping[str, Node], types: Attributes, mode: str) -> Index:
        rest = Members(index)
        name = rest.need("IndexName").text()
        keys = types.keys(rest.need("KeySchema"))
        projected = tables.projection(rest.need("Projection"), "ProjectionType", "NonKeyAttributes")
        reads = own[name].get(f"Read{_SETTINGS[mode]}") if name in own else None
        units = self._units(reads, rest.get(f"Write{_SETTINGS[mode]}"), mode)
        self._leave(rest)
        return tables.index(index, name, keys, projected, units)

    def _units(self, reads: Node | None, writes: Node | None, mode: str) -> Throughput | None:
        """Capacity, or a maximum, of which reads stand in the replica and writes in the table."""
        members = CAPACITY if mode == "PROVISIONED" else MAXIMUM
        units = [self._side(node, member) for node, member in zip((reads, writes), members, strict=True)]
        return Throughput(*units) if any(units) else None

    def _side(self, node: Node | None, member: str) -> int | None:
        if node is None:
            return None
        fixed = node.get(member)
        if fixed is not None:
            return fixed.integer() if fixed.integer() > 0 else None
        scaled = node.get(member.replace("Units", "AutoScalingSettings"))
        if scaled is None:
            return None
        self._note(scaled, "no script can declare autoscaling; the capacity is what it begins with")
        return (scaled.get("SeedCapacity") or scaled.need("MinCapacity")).integer()

    def _simple_table(self, properties: Node, name: str) -> Table:
        rest = Members(properties, "TableName", "ProvisionedThroughput")
        own, key = Attributes(), properties.get("PrimaryKey")
        partition = Key("id", "S")  # SAM's own, where a template says nothing
        if key is not None:
            rest.take("PrimaryKey")
            own.declare(key.need("Name").text(), key.need("Type"), _SIMPLE_TYPES)
            partition = own.key(key.need("Name"))
        capacity = throughput_of(properties, "PROVISIONED")
        mode = "PAY_PER_REQUEST" if capacity is None else "PROVISIONED"
        settings: list[Setting] = [tables.billing(properties, name, mode, capacity)]
        encryption = rest.get("SSESpecification") or self._globals("SSESpecification")
        with properties.blamed():
            if encryption is not None:
                settings.append(encryption_of(encryption, name))
            if (recovery := rest.get("PointInTimeRecoverySpecification")) is not None:
                settings.append(recovery_of(recovery, name))
            if (tags := rest.get("Tags")) is not None:
                settings.append(SetTags(name, {key: text.text() for key, text in tags.mapping().items()}))
        self._leave(rest)
        return tables.table(properties, name, (partition, None), settings=settings)

    def _globals(self, member: str) -> Node | None:
        """What SAM gives every SimpleTable of the template."""
        every = self.template.document.get("Globals")
        own = every.get("SimpleTable") if every is not None else None
        found = own.get(member) if own is not None else None
        return self.template.resolve(found) if found is not None else None

    def _leave(self, members: Members) -> None:
        for node in members.left():
            self._note(node, "no script can declare it; a table made by its script has none")

    def _note(self, node: Node, text: str) -> None:
        self.notes.append(Note(node.place, text))


_SETTINGS = {"PROVISIONED": "ProvisionedThroughputSettings", "PAY_PER_REQUEST": "OnDemandThroughputSettings"}
