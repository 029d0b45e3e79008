"""The README is true."""

import re
from pathlib import Path

from database import VibeDigestClient

README = Path(__file__).parents[1] / "README.md"


def test_the_snippets_run(client: VibeDigestClient) -> None:
    """Each Python block works as it is printed, one after the other."""
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec", dont_inherit=True), names)  # noqa: S102 - our own README
    assert names["titles"] == ["A dog learned to skate"]
