"""The pages that are written by the code, as a whole or in part."""

import re
from pathlib import Path

from docs.generator.command_reference import reference
from docs.generator.error_codes import error_table

DOCS = Path(__file__).parents[1]
COMMANDS_PAGE = DOCS / "commands.md"
TROUBLE_PAGE = DOCS / "troubleshooting.md"

BEGIN, END = "<!-- written by make docs -->\n", "<!-- until here -->"


def written() -> dict[Path, str]:
    """Each of these pages as it should be."""
    return {COMMANDS_PAGE: reference(), TROUBLE_PAGE: filled(TROUBLE_PAGE.read_text(encoding="utf-8"), error_table())}


def filled(text: str, part: str) -> str:
    """The page with its marked part replaced."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return marked.sub(lambda _found: f"{BEGIN}\n{part}\n{END}", text, count=1)
