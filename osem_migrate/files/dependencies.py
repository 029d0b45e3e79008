"""What scripts say in ``__depends__``: names of scripts in the same folder that come earlier."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from yoyo.migrations import topological_sort
from yoyo.topologicalsort import CycleError

from osem_migrate.advice import did_you_mean
from osem_migrate.errors import DependencyCycle, DependencyUnknown
from osem_migrate.files.location import line_of_assignment, shown_path
from osem_migrate.files.script import Script


def depended_on(script: Script) -> tuple[str, ...]:
    """The names that a loaded script depends on, sorted; raises DependencyUnknown where they are no names."""
    declared = script.says.get("__depends__", ())
    names = (declared,) if isinstance(declared, str) else declared
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise DependencyUnknown(f"__depends__ is {declared!r}, not names of scripts", **_place(script))
    return tuple(sorted(set(names)))


def check_dependencies(scripts: Sequence[Script]) -> None:
    """Raise DependencyUnknown or DependencyCycle unless each script depends on earlier ones only."""
    position = {script.id: position for position, script in enumerate(scripts)}
    for script in scripts:
        for name in script.names:
            if name not in position:
                near = did_you_mean(name, position.keys(), cutoff=0.8)
                raise DependencyUnknown(
                    f"depends on {name!r}, which is not a script in this folder{near}", **_place(script)
                )
        script.depend_on({scripts[position[name]] for name in script.names})
    _check_circles(scripts)
    for script in scripts:
        for name in script.names:
            if position[name] > position[script.id]:
                raise DependencyCycle(f"depends on {name}, which has a higher number", **_place(script))


def _check_circles(scripts: Sequence[Script]) -> None:
    try:
        list(topological_sort(scripts))
    except CycleError as found:
        # yoyo means to turn it into a BadMigration, but its sort is a generator and raises only once it is consumed.
        waiting = {script.id: script for script in found.args[1]}
        circle = _circle({name: script.names for name, script in waiting.items()})
        raise DependencyCycle(f"depends on itself: {' → '.join(circle)}", **_place(waiting[circle[0]])) from found


def _circle(waiting: dict[str, tuple[str, ...]]) -> list[str]:
    """One circle among scripts that all wait for another of them; its first script stands at the end again."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(name for name in waiting[path[-1]] if name in waiting))
    return path[path.index(path[-1]) :]


def _place(script: Script) -> dict[str, Any]:
    return {"file": shown_path(script.path), "line": line_of_assignment(Path(script.path), "__depends__")}
