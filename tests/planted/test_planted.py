"""The planted bugs cannot rot, and what is said of them is true."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.planted.bug import PACKAGE, TESTS, Bug, NotApplicable, read_bugs
from tests.planted.trial import copied, false_alarms, try_bug

ROOT = Path(__file__).parents[2]
BUG = Bug(name="one-more", file="sum.py", old="return a + b", new="return a + b + 1", near=("near",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with one function, a near test that sees nothing, and a far one that does."""
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").touch()
    (tmp_path / PACKAGE / "sum.py").write_text("def add(a, b):\n    return a + b\n")
    for folder, expected in (("near", "== add(1, 2)"), ("far", "== 3")):
        (tmp_path / TESTS / folder).mkdir(parents=True)
        body = f"from {PACKAGE}.sum import add\n\ndef test_add():\n    assert add(1, 2) {expected}\n"
        (tmp_path / TESTS / folder / f"test_{folder}.py").write_text(body)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    return tmp_path


def test_every_bug_applies() -> None:
    """The text that a bug replaces occurs exactly once, and what comes of it is Python."""
    for bug in read_bugs():
        compile(bug.apply(ROOT), bug.name, "exec")


def test_the_near_tests_are_there() -> None:
    """What is tried first exists."""
    missing = [(bug.name, near) for bug in read_bugs() for near in bug.near if not (ROOT / TESTS / near).exists()]
    assert missing == []


def test_every_layer_has_a_bug() -> None:
    """No folder of the package, nor the two of planning, is without one."""
    folders = {path.parent.relative_to(ROOT / PACKAGE) for path in (ROOT / PACKAGE).rglob("__init__.py")}
    hit = {parent for bug in read_bugs() for parent in Path(bug.file).parents}
    assert folders - hit == set()


@pytest.mark.parametrize("text", ["", "return a + b\nreturn a + b\n"])
def test_a_text_that_is_not_there_once_is_said(tree: Path, text: str) -> None:
    """A bug that would be planted nowhere, or in two places, is not planted."""
    (tree / PACKAGE / "sum.py").write_text(text)
    with pytest.raises(NotApplicable, match=r"sum\.py"), BUG.planted(tree):
        pytest.fail("it was planted")
    assert (tree / PACKAGE / "sum.py").read_text() == text
    assert try_bug(BUG, tree, workers=1).trouble is not None


def test_a_bug_is_taken_out_again(tree: Path) -> None:
    """Whatever happens meanwhile, the file is as it was, so that Python trusts the bytecode of then and not of now."""
    path = tree / PACKAGE / "sum.py"
    before = path.read_bytes(), path.stat().st_mtime_ns
    with suppress(RuntimeError), BUG.planted(tree):
        assert b"+ 1" in path.read_bytes()
        raise RuntimeError
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.slow
def test_who_catches_it_is_told(tree: Path) -> None:
    """The near tests come first, then all others; a test that fails without the bug as well has caught nothing."""
    far = "tests/far/test_far.py::test_add"
    assert try_bug(BUG, tree, workers=1).caught_by == far
    assert false_alarms(tree, [far]) == frozenset()
    with BUG.planted(tree):
        assert false_alarms(tree, [far]) == {far}
    (tree / TESTS / "far" / "test_far.py").unlink()
    survived = try_bug(BUG, tree, workers=1)
    assert (survived.caught_by, survived.trouble) == (None, None)


def test_the_copy_is_of_what_git_would_keep() -> None:
    """The files as they are, without the virtual environment and other things that are ignored."""
    with copied(ROOT, None) as tree:
        assert (tree / PACKAGE / "history.py").read_bytes() == (ROOT / PACKAGE / "history.py").read_bytes()
        assert not (tree / ".venv").exists()
