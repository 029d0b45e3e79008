"""Tables as a CloudFormation template: one for all environments, with a parameter that chooses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from osem_migrate.formats.cloudformation.read import METADATA
from osem_migrate.formats.values import Export, ExportedEnvironment, Writing
from osem_migrate.operations import (
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTimeToLive,
    Setting,
    parameters,
)
from osem_migrate.operations.set_encryption import AWS_MANAGED, AWS_OWNED
from osem_migrate.schema import Table

_HEAD = """\
# Written by: osem-migrate export cloudformation
# CloudFormation changes one index in an update, and does not wait until it is built. Leave changes of tables to the
# scripts; deleting the stack, or taking a table out of the template, leaves the table where it is.
"""
_ALONE = "Table"
"""What the outputs call the only table of a template: whoever imports them need not know its entity."""

_FIELD = "${Environment}"
_ABSENT = object()


def write(export: Export) -> Writing:
    """The template; the parameter ``Environment`` chooses between the environments of the export."""
    ids = _logical_ids(export.first.schema.tables)
    merge = _Merge(export.environments)
    resources: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for name, logical_id in ids.items():
        resources[logical_id] = {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            **({"Metadata": {METADATA: {"Table": name}}} if name != logical_id else {}),
            "Properties": merge.merged(
                [_properties(one.schema.tables[name], one.names[name]) for one in export.environments]
            ),
        }
        _add_outputs(outputs, export.first.schema.tables[name], logical_id, _ALONE if len(ids) == 1 else logical_id)
    names = [environment.name for environment in export.environments]
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The DynamoDB tables of {export.application}.",
        # A parameter that nothing refers to is a mistake to linters; with one environment, there is nothing to choose.
        **({"Parameters": {"Environment": _parameter(names)}} if merge.chooses else {}),
        **({"Conditions": merge.conditions} if merge.conditions else {}),
        "Resources": resources,
        **({"Outputs": outputs} if outputs else {}),
    }
    text = yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return Writing(_HEAD + text)


def _parameter(names: Sequence[str]) -> dict[str, Any]:
    return {
        "Type": "String",
        "Description": "The environment whose tables these are.",
        "Default": names[0],
        "AllowedValues": list(names),
    }


class _Call:
    """An intrinsic function in its short form."""

    def __init__(self, name: str, argument: Any) -> None:
        self.name = name
        self.argument = argument


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # PyYAML has no types
    """Block style, and the same thing twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never an alias: CloudFormation takes none."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's
        """Indent lists, too."""
        del indentless
        return super().increase_indent(flow, indentless=False)


def _represent_call(dumper: Any, call: _Call) -> Any:
    tag = f"!{call.name}"
    if isinstance(call.argument, list):
        return dumper.represent_sequence(tag, call.argument, flow_style=call.name == "Equals")
    return dumper.represent_scalar(tag, call.argument)


_Dumper.add_representer(_Call, _represent_call)


class _Merge:
    """Makes one value of what each environment has: itself where all agree, else a function of the parameter.

    Attributes:
        conditions: those that were needed, by name.
        chooses: whether anything refers to the parameter.
    """

    def __init__(self, environments: Sequence[ExportedEnvironment]) -> None:
        self._names = [environment.name for environment in environments]
        taken: set[str] = set()
        self._conditions = {
            name: _unique("Is" + "".join(part.capitalize() for part in re.split("[^a-z0-9]", name)), taken)
            for name in self._names
        }
        self.conditions: dict[str, Any] = {}
        self.chooses = False

    def merged(self, values: Sequence[Any]) -> Any:
        """One value; ``values`` are those of the environments, in their order."""
        first = values[0]
        if all(value == first for value in values):
            return first
        self.chooses = True
        if all(isinstance(value, dict) for value in values):
            keys = dict.fromkeys(key for value in values for key in value)
            return {key: self.merged([value.get(key, _ABSENT) for value in values]) for key in keys}
        if all(isinstance(value, list) and len(value) == len(first) for value in values):
            return [self.merged(parts) for parts in zip(*values, strict=True)]
        if all(isinstance(value, str) for value in values) and (template := self._template(values)) is not None:
            return _Call("Ref", "Environment") if template == _FIELD else _Call("Sub", template)
        return self._chosen(values)

    def _template(self, values: Sequence[str]) -> str | None:
        """``osem-${Environment}-Users``, if that gives each environment its own value."""
        pairs = list(zip(self._names, values, strict=True))
        for template in _templates(*pairs[0]):
            if all(template.replace(_FIELD, name) == value for name, value in pairs):
                return template
        return None

    def _chosen(self, values: Sequence[Any]) -> Any:
        """The commonest value, unless a condition chooses another."""
        common = max(values, key=list(values).count)
        chosen = _written(common)
        for name, value in reversed(list(zip(self._names, values, strict=True))):
            if value != common:
                condition = self._conditions[name]
                self.conditions[condition] = _Call("Equals", [_Call("Ref", "Environment"), name])
                chosen = _Call("If", [condition, _written(value), chosen])
        return chosen


def _templates(name: str, value: str) -> list[str]:
    """The value with one occurrence of the environment's name made a field, and with all of them."""
    if "${" in value:
        return []
    places = [found.start() for found in re.finditer(re.escape(name), value)]
    one = [f"{value[:place]}{_FIELD}{value[place + len(name) :]}" for place in places]
    return [*one, value.replace(name, _FIELD)] if places else []


def _written(value: Any) -> Any:
    return _Call("Ref", "AWS::NoValue") if value is _ABSENT else value


def _logical_ids(names: Mapping[str, Any]) -> dict[str, str]:
    """A logical ID, which has only letters and digits, for every table."""
    taken: set[str] = set()
    ids = {}
    for name in names:
        first, *others = [part for part in re.split("[^A-Za-z0-9]+", name) if part] or ["Table"]
        ids[name] = _unique(first + "".join(part[0].upper() + part[1:] for part in others), taken)
    return ids


def _unique(name: str, taken: set[str]) -> str:
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    taken.add(found)
    return found


def _add_outputs(outputs: dict[str, Any], table: Table, logical_id: str, called: str) -> None:
    """Name, ARN and stream of a table, for other stacks; ``called`` is what the names of the outputs begin with."""
    stream = table.setting(SetStream)
    values = {"Name": _Call("Ref", logical_id), "Arn": _Call("GetAtt", f"{logical_id}.Arn")}
    if stream is not None and stream.view is not None:
        values["StreamArn"] = _Call("GetAtt", f"{logical_id}.StreamArn")
    taken = set(outputs)
    for suffix, value in values.items():
        name = _unique(f"{called}{suffix}", taken)
        outputs[name] = {"Value": value, "Export": {"Name": _Call("Sub", f"${{AWS::StackName}}-{name}")}}


def _properties(table: Table, physical_name: str) -> dict[str, Any]:
    """The resource's properties: CreateTable's members as far as CloudFormation calls them the same."""
    request = parameters.create_table(table)
    for setting in table.settings:
        request |= _members(setting)
    for part in (request, *request.get("GlobalSecondaryIndexes", ())):
        _limit(part)
    return {"TableName": physical_name, **request}


def _members(setting: Setting) -> dict[str, Any]:
    """The members of a setting, where CloudFormation spells them otherwise than CreateTable, or has them beside it."""
    match setting:
        case SetStream(view=view):
            return {"StreamSpecification": {"StreamViewType": view}} if view is not None else {}
        case SetTimeToLive(enabled=True, attribute=attribute):
            return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": True}}
        case SetPointInTimeRecovery(enabled=True, days=days):
            return {
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
            }
        case SetEncryption(key=key):
            own = {"KMSMasterKeyId": key} if key not in {AWS_MANAGED, AWS_OWNED} else {}
            on = {"SSEEnabled": True, "SSEType": "KMS", **own}
            return {"SSESpecification": on if key != AWS_OWNED else {"SSEEnabled": False}}
        case _:
            return setting.create_parameters()


def _limit(part: dict[str, Any]) -> None:
    """Leave out the -1 with which CreateTable lifts a maximum: here, what is missing is no maximum."""
    if "OnDemandThroughput" in part:
        limits = {name: units for name, units in part.pop("OnDemandThroughput").items() if units > 0}
        if limits:
            part["OnDemandThroughput"] = limits
