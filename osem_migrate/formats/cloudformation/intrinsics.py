"""CloudFormation's intrinsic functions, as far as they can be worked out without deploying anything."""

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

from osem_migrate.advice import command
from osem_migrate.errors import FormatUnresolved
from osem_migrate.formats.document import Node
from osem_migrate.formats.values import Given

_FIELD = re.compile(r"\$\{([^!}][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{(resolve:[^{}]*)\}\}")
_MAX_DEPTH = 100
_STAGES = frozenset({"environment", "environmentname", "env", "stage", "stagename"})

_PSEUDO = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


class Template:
    """A template with its parameters, conditions and mappings, and what is given for this reading."""

    def __init__(self, document: Node, given: Given) -> None:
        self.document = document
        self._given = {**_PSEUDO, **given.values}
        self._stages = given.stages
        self._parameters = _section(document, "Parameters")
        self._conditions = _section(document, "Conditions")
        self._mappings = _section(document, "Mappings")
        self._deciding: list[str] = []
        self._depth = 0
        self._functions: Mapping[str, Callable[[Node], Node | None]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::GetAtt": self._get_att,
            "Fn::ImportValue": self._import_value,
        }

    def resolve(self, node: Node) -> Node | None:
        """The value with every function in it worked out, each part in its own place; None for AWS::NoValue.

        Raises:
            FormatError: a function is unknown or malformed.
            FormatUnresolved: only a deployment would know the value.
        """
        self._depth += 1
        try:
            if self._depth > _MAX_DEPTH:
                node.fail(f"values are nested more than {_MAX_DEPTH} deep here")
            return self._resolve(node)
        finally:
            self._depth -= 1

    def need(self, node: Node) -> Node:
        """The same where there has to be a value."""
        found = self.resolve(node)
        if found is None:
            node.fail("AWS::NoValue stands where a value is wanted")
        return found

    def holds(self, node: Node) -> bool:
        """Whether the condition of that name holds."""
        name = node.text()
        if name not in self._conditions:
            node.fail(f"there is no condition {name!r}")
        if name in self._deciding:
            node.fail(f"condition {name!r} depends on itself")
        self._deciding.append(name)
        try:
            return self._decide(self._conditions[name])
        finally:
            self._deciding.pop()

    def _resolve(self, node: Node) -> Node | None:
        if isinstance(node.value, dict):
            if len(node.value) == 1:
                ((name, argument),) = node.mapping().items()
                if name in self._functions:
                    return self._functions[name](argument)
                if name.startswith("Fn::"):
                    argument.fail(
                        f"{name} cannot be worked out without deploying the template",
                        kind=FormatUnresolved,
                        remediation="Put the value there, in a copy of the file, and import the copy.",
                    )
            return node.made(
                {name: found for name, part in node.mapping().items() if (found := self.resolve(part)) is not None}
            )
        if isinstance(node.value, list):
            return node.made([found for part in node.elements() if (found := self.resolve(part)) is not None])
        if isinstance(node.value, str) and (dynamic := _DYNAMIC.search(node.value)) is not None:
            return self._known(node, dynamic[1])
        return node

    def _known(self, node: Node, name: str) -> Node:
        """A value that was given, for what only AWS knows."""
        if name not in self._given:
            self._unknown(node, name, f"only a deployment knows the value of {name}")
        return node.made(self._given[name])

    def _unknown(self, node: Node, name: str, message: str) -> NoReturn:
        remedy = f"Give the value with {command('--parameter', f'{name}=VALUE')}."
        node.fail(message, kind=FormatUnresolved, remediation=remedy)

    def _ref(self, node: Node) -> Node | None:
        name = node.text()
        if name == "AWS::NoValue":
            return None
        return self._parameter(node, name) if name in self._parameters else self._known(node, name)

    def _parameter(self, node: Node, name: str) -> Node:
        """The value given for a parameter, else its default, where it is allowed."""
        declared = self._parameters[name]
        kind = declared.get("Type")
        allowed = [str(choice.value) for choice in found.elements()] if (found := declared.get("AllowedValues")) else []
        default = declared.get("Default")
        if name in self._given:
            value = node.made(self._given[name])
        elif (stage := self._stage(name, allowed)) is not None:
            value = node.made(stage)
        elif default is None:
            self._unknown(node, name, f"parameter {name} has no default, and no value was given")
        elif kind is not None and kind.text().startswith("AWS::SSM::"):
            self._unknown(node, name, f"parameter {name} is read from Systems Manager by a deployment")
        else:
            value = default
        if allowed and str(value.value) not in allowed:
            declared.fail(f"{str(value.value)!r} is none of the values that parameter {name} allows: {allowed}")
        if kind is not None and (kind.text() == "CommaDelimitedList" or kind.text().startswith("List<")):
            return value.made([part.strip() for part in str(value.value).split(",")])
        return value

    def _stage(self, name: str, allowed: list[str]) -> str | None:
        """The environment that the tables are read for, as a parameter that is called so allows it."""
        known = [stage for stage in self._stages if stage in allowed]
        return known[0] if known and name.casefold() in _STAGES else None

    def _sub(self, node: Node) -> Node:
        parts = node.elements() if isinstance(node.value, list) else [node]
        if len(parts) not in {1, 2}:
            node.fail("Fn::Sub takes a text, or a list of a text and its values")
        template, own = parts[0], parts[1].mapping() if len(parts) > 1 else {}

        def filled(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name in own:
                return _as_text(self.need(own[name]))
            inner = self._ref(template.made(name))
            return _as_text(inner) if inner is not None else ""

        # What is put in is not read again.
        fields = [*map(filled, _FIELD.finditer(template.text())), ""]
        static = [_LITERAL.sub(r"${\1}", text) for text in _FIELD.split(template.text())[::2]]
        text = "".join(part for pair in zip(static, fields, strict=True) for part in pair)
        return template.made(text)

    def _join(self, node: Node) -> Node:
        delimiter, parts = self._pair(node)
        texts = [_as_text(part) for part in self.need(parts).elements()]
        return node.made(self.need(delimiter).text().join(texts))

    def _if(self, node: Node) -> Node | None:
        if not isinstance(node.value, list) or len(node.value) != 3:  # noqa: PLR2004 - condition, then, else
            node.fail("Fn::If takes a condition and two values")
        condition, then, otherwise = node.elements()
        return self.resolve(then if self.holds(condition) else otherwise)

    def _find_in_map(self, node: Node) -> Node | None:
        names = [self.need(part).text() for part in node.elements()[:3]]
        if len(names) != 3 or names[0] not in self._mappings:  # noqa: PLR2004 - map, first key, second key
            node.fail("Fn::FindInMap takes the name of a mapping of this template and two keys")
        found = self._mappings[names[0]].get(names[1])
        value = found.get(names[2]) if found is not None else None
        if value is None:
            node.fail(f"mapping {names[0]} has no {names[1]}/{names[2]}")
        return self.resolve(value)

    def _select(self, node: Node) -> Node:
        position, parts = self._pair(node)
        values, number = self.need(parts).elements(), self.need(position).integer()
        if not 0 <= number < len(values):
            node.fail(f"there is no element {number} in a list of {len(values)}")
        return values[number]

    def _split(self, node: Node) -> Node:
        delimiter, text = (self.need(part).text() for part in self._pair(node))
        if not delimiter:
            node.fail("Fn::Split takes a delimiter and a text")
        return node.made(text.split(delimiter))

    def _get_att(self, node: Node) -> Node:
        parts = node.elements() if isinstance(node.value, list) else [node]
        return self._known(node, ".".join(self.need(part).text() for part in parts))

    def _import_value(self, node: Node) -> Node:
        return self._known(node, self.need(node).text())

    def _pair(self, node: Node) -> tuple[Node, Node]:
        parts = node.elements()
        if len(parts) != 2:  # noqa: PLR2004 - Join, Select and Split take two
            node.fail("two values are wanted here")
        return parts[0], parts[1]

    def _decide(self, node: Node) -> bool:
        """A condition function; Fn::Equals compares texts, as CloudFormation does."""
        self._depth += 1
        try:
            if self._depth > _MAX_DEPTH or not isinstance(node.value, dict) or len(node.value) != 1:
                node.fail("a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition")
            ((name, argument),) = node.mapping().items()
            match name:
                case "Fn::Equals":
                    left, right = (_as_text(self.need(part)) for part in self._pair(argument))
                    return left == right
                case "Fn::And":
                    return all(self._decide(part) for part in argument.elements())
                case "Fn::Or":
                    return any(self._decide(part) for part in argument.elements())
                case "Fn::Not" if isinstance(argument.value, list) and len(argument.value) == 1:
                    return not self._decide(argument.child(0))
                case "Condition":
                    return self.holds(argument)
                case _:
                    argument.fail(f"{name} is no condition")
        finally:
            self._depth -= 1


def _section(document: Node, name: str) -> dict[str, Node]:
    found = document.get(name)
    return found.mapping() if found is not None else {}


def _as_text(node: Node) -> str:
    """A scalar as CloudFormation puts it into a text."""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, int | float):
        return str(node.value)
    return node.text()
