"""The reference of what scripts declare, written from the operations themselves: docs/operations.md."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from textwrap import indent
from typing import Any, get_type_hints

import osem_migrate
from docs.generator import example_functions
from docs.generator.docstring import Docstring
from osem_migrate.cli.output import span
from osem_migrate.operations import OPERATIONS, Operation
from osem_migrate.operations.source import render, render_import
from osem_migrate.planning.estimate import estimate_each
from osem_migrate.schema import Index, Key, LocalIndex, Schema, Throughput

DOCUMENTED: tuple[type, ...] = tuple(kind for kind in OPERATIONS if not inspect.isabstract(kind))
"""Every operation that is exported, but the two that others are derived from."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: function
    for name, function in vars(example_functions).items()
    if inspect.isfunction(function) and function.__module__ == example_functions.__name__
}
"""Those of the examples, by name."""

VALUES: tuple[type, ...] = (Key, Index, LocalIndex, Throughput)
"""What operations are made of."""

BEGINNING = """\
CreateTable(
    "Orders",
    partition_key=S("customerId"),
    sort_key=N("createdAt"),
    indexes=[Index("by-status", partition_key=S("status"))],
    settings=[
        SetPointInTimeRecovery("Orders", enabled=True),
        SetStream("Orders", "NEW_IMAGE"),
        SetTags("Orders", {"Team": "shop"}),
    ],
)"""
"""What all examples begin with."""

_HEAD = """\
# Operations

What a script can declare. Written from the code by `make docs`; `help(osem_migrate.AddIndex)` says the same. Below each
example stand the calls that it takes, how long they usually take on AWS, and the operation that reverses it, which is
what `downgrade` carries out. ⚠ says what is lost, which has to be confirmed.

Every operation checks itself against DynamoDB's limits when the script is read. `table` is always a logical name: the
environment gives the [physical one](environments.md#names-of-the-tables). An operation of your own is a class derived
from `Operation` or `Setting` ([contributing](../CONTRIBUTING.md#what-one-addition-touches))."""

_BEGINNING = """\
## What the examples begin with

A table that an earlier script has created:"""


@dataclass(frozen=True, slots=True)
class Example:
    """An operation as somebody writes it, and what it is on the table that all examples begin with."""

    source: str
    operation: Operation

    @property
    def text(self) -> str:
        """As it stands on the page."""
        return "\n\n\n".join((*_functions(self.source), self.source))

    @property
    def script(self) -> str:
        """The whole of a script with it."""
        return script(self.source)


def public() -> dict[str, Any]:
    """What a script may import, by name."""
    return {name: getattr(osem_migrate, name) for name in dir(osem_migrate) if not name.startswith("_")}


def script(source: str, docstring: str = "An example.") -> str:
    """A script that declares one operation, or several that stand one under the other, with the functions they name."""
    functions = _functions(source)
    words = set(re.findall(r"\b[A-Z]\w*(?=[(.])|REMOVE", "\n".join((source, *functions))))
    names = sorted(name for name in words if hasattr(osem_migrate, name))
    written = (ast.get_source_segment(source, statement) or "" for statement in ast.parse(source).body)
    operations = "".join(indent(f"{operation},\n", "    ") for operation in written)
    before = "".join(f"\n\n{function}\n" for function in functions) + ("\n" if functions else "")
    modules = "".join(f"import {name}\n" for name in _modules(functions))
    imports = f"{modules}\n{render_import(names)}" if modules else render_import(names)
    return f'"""{docstring}"""\n\n{imports}\n{before}\noperations = [\n{operations}]\n'


def _modules(functions: Iterable[str]) -> Iterator[str]:
    """The modules that the functions name."""
    for name, module in vars(example_functions).items():
        if inspect.ismodule(module) and any(re.search(rf"\b{name}\.", function) for function in functions):
            yield name


def _functions(source: str) -> tuple[str, ...]:
    """The sources of the functions that it names."""
    names = re.findall(r"\b[a-z_]+\b", source)
    return tuple(_source(FUNCTIONS[name]) for name in dict.fromkeys(names) if name in FUNCTIONS)


def _source(function: Callable[..., Any]) -> str:
    """As somebody writes it, without types."""
    return re.sub(r": Mapping\[str, Any\]|\) -> [^:]+(?=:)", lambda m: ")" if m[0][0] == ")" else "", _lines(function))


def _lines(function: Callable[..., Any]) -> str:
    lines = inspect.getsource(function).splitlines(keepends=True)
    return "".join(line for line in lines if "del item" not in line).rstrip()


def example(source: str) -> Example:
    """The example that is written so."""
    return Example(source, eval(source, {**public(), **FUNCTIONS}))  # noqa: S307 - a docstring of our own


def examples() -> Mapping[type, list[Example]]:
    """By what they are examples of, in the order of the page."""
    return {kind: [example(source) for source in Docstring.of(kind).examples] for kind in (*DOCUMENTED, *VALUES)}


def beginning() -> Schema:
    """The schema that all examples begin with."""
    return example(BEGINNING).operation.apply(Schema())


def reference() -> str:
    """The whole page: paragraphs, tables and blocks, each followed by an empty line."""
    return "\n\n".join(_blocks()) + "\n"


def _blocks() -> Iterator[str]:
    yield _HEAD
    rows = [f"| [`{kind.__name__}`](#{kind.__name__.lower()}) | {_text(Docstring.of(kind).summary)} |"
            for kind in (*DOCUMENTED, *VALUES)]  # fmt: skip
    yield "\n".join(["| what | does, or is |", "|---|---|", *rows])
    yield _BEGINNING
    yield _python(script(BEGINNING, "Orders of a shop, by customer and time."))
    before = beginning()
    for kind, found in examples().items():
        said = Docstring.of(kind)
        yield f"## {kind.__name__}"
        yield from map(_text, said.paragraphs)
        yield _arguments(kind.__name__, said, list(arguments_of(kind)))
        for name, constructor in _constructors(kind):
            said = Docstring.of(constructor)
            yield from (f"`{kind.__name__}.{name}`: {_lowered(_text(part))}" for part in said.paragraphs)
            yield _arguments(name, said, list(_parameters(constructor)))
        for one in found:
            yield _python(one.text)
            yield "\n".join(_facts(one.operation, before))


def _facts(operation: Operation, before: Schema) -> Iterator[str]:
    steps = operation.steps(before)
    said = [f"`{step.action}`, usually {span(time)}" for step, time in zip(steps, estimate_each(steps), strict=True)]
    yield f"- Calls {', then '.join(said)}."
    if not operation.is_reversible:
        yield "- Reversed by nothing: a downgrade past it is refused."
        yield from _hazards(operation, before)
        return
    reverse = operation.reverse(before)
    if reverse == operation:
        yield "- Reversed by nothing: a downgrade leaves what it repaired."
    else:
        source = render(reverse)
        block = "\n".join(f"  {line}" for line in _python(source).splitlines())
        yield f"- Reversed by `{source}`." if "\n" not in source else f"- Reversed by\n\n{block}\n"
    yield from _hazards(operation, before)


def _hazards(operation: Operation, before: Schema) -> Iterator[str]:
    hazard = operation.hazard_on(before.tables.get(operation.table))
    if hazard is not None:
        yield f"- ⚠ {_sentence(hazard)}."


def arguments_of(kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Name, type and default of every argument of a value."""
    for field in fields(kind):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if field.init:
            yield field.name, get_type_hints(kind)[field.name], default


def _parameters(function: Callable[..., Any]) -> Iterator[tuple[str, Any, Any]]:
    """The same of a function."""
    for name, parameter in inspect.signature(function).parameters.items():
        default = MISSING if parameter.default is parameter.empty else parameter.default
        yield name, get_type_hints(function)[name], default


def _constructors(kind: type) -> Iterator[tuple[str, Any]]:
    """The class methods that people write, each with what its arguments mean."""
    for name, found in vars(kind).items():
        if isinstance(found, classmethod) and Docstring.of(found.__func__).arguments:
            yield name, getattr(kind, name)


def _arguments(owner: str, said: Docstring, found: list[tuple[str, Any, Any]]) -> str:
    unexplained = [name for name, _, _ in found if name not in said.arguments]
    if unexplained or len(said.arguments) != len(found):
        raise LookupError(f"the docstring of {owner} explains other arguments than it takes: {unexplained or said}")
    rows = [
        f"| `{name}` | `{_type(hint)}` | {_default(default)} | {_sentence(_text(said.arguments[name]))} |"
        for name, hint, default in found
    ]
    return "\n".join(["| argument | type | default | meaning |", "|---|---|---|---|", *rows])


def _type(hint: Any) -> str:
    """As it is written in a program, without modules."""
    text = re.sub(r"\b(?:\w+\.)+", "", inspect.formatannotation(hint)).replace("Sequence[Any]", "list")
    text = re.sub(r"Optional\[(.*)\]", r"\1 | None", text)
    text = re.sub(r"Literal\[(.*?)\]", lambda found: found[1].replace(", ", " | "), text)
    return text.replace("Sequence", "list").replace("Mapping", "dict").replace("NoneType", "None").replace("|", "\\|")


def _default(default: Any) -> str:
    if default is MISSING:
        return ""
    return "`[]`" if default == () else f"`{render(default)}`"


def _python(source: str) -> str:
    return f"```python\n{source.rstrip()}\n```"


def _text(said: str) -> str:
    return said.replace("``", "`").replace("|", "\\|") if "\n" not in said else said.replace("``", "`")


def _sentence(said: str) -> str:
    return said[0].upper() + said[1:]


def _lowered(said: str) -> str:
    return said[0].lower() + said[1:]
