"""Where passes over items stand: what is left of one, and how large what was examined is."""

import pytest

from osem_migrate.pass_state import PassKey, key_text, typed_key
from osem_migrate.planning.items import bytes_of, seconds_left


@pytest.mark.parametrize(
    ("examined", "items", "finished", "speed", "expected"),
    [
        (100, 1100, 0, 10.0, 100.0),  # by the count of the table
        (100, 1100, 0, 0.0, None),  # it stands still
        (100, 0, 0, 10.0, None),  # nobody has counted, and no segment is over
        (100, 0, 4, 10.0, 30.0),  # nobody has counted: the other twelve are as the first four
        (2000, 1100, 8, 10.0, 200.0),  # the count is outdated
        (2000, 1100, 16, 0.0, 0.0),  # all is done
    ],
)
def test_the_time_that_is_left(examined: int, items: int, finished: int, speed: float, expected: float | None) -> None:
    """By the count of the table as long as that can be true, then by the segments; unknown rather than wrong."""
    assert seconds_left(examined, items=items, finished=finished, segments=16, speed=speed) == expected


def test_bytes_are_never_more_than_there_are() -> None:
    """All items count alike; where nothing is known of their size, nothing is said."""
    assert bytes_of(50, items=100, size_bytes=1000) == 500
    assert bytes_of(500, items=100, size_bytes=1000) == 1000
    assert bytes_of(50, items=0, size_bytes=0) is None


def test_keys_are_shown_as_they_can_be_typed() -> None:
    """Binary values in base64; a pass is read back from the name of its partition."""
    key = {"id": {"B": b"\x00\xff"}, "at": {"N": "7"}}
    assert typed_key(key) == {"id": {"B": "AP8="}, "at": {"N": "7"}}
    assert key_text(key) == "id AP8=, at 7"
    passed = PassKey(migration="0007_a", position=2, direction="upgrade")
    assert PassKey.read(passed.text) == passed
