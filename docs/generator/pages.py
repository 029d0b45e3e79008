"""What is written by the code, as a whole or in part."""

import re
from pathlib import Path

from docs.generator import command_reference, lint_reference, operation_reference
from docs.generator.error_codes import error_table, finding_table
from docs.generator.json_schema import command_table, schema_text

DOCS = Path(__file__).parents[1]
COMMANDS_PAGE = DOCS / "commands.md"
LINT_PAGE = DOCS / "lint.md"
OPERATIONS_PAGE = DOCS / "operations.md"
TROUBLE_PAGE = DOCS / "troubleshooting.md"
JSON_PAGE = DOCS / "json.md"
JSON_SCHEMA = DOCS / "osem-migrate.schema.json"

BEGIN, END = "<!-- written by make docs: {} -->\n", "<!-- until here -->"


def written() -> dict[Path, str]:
    """Each of these files as it should be."""
    trouble = TROUBLE_PAGE.read_text(encoding="utf-8")
    for part, table in (("findings", finding_table()), ("errors", error_table())):
        trouble = filled(trouble, part, table)
    documents = filled(JSON_PAGE.read_text(encoding="utf-8"), "documents", command_table())
    return {
        COMMANDS_PAGE: command_reference.reference(),
        LINT_PAGE: lint_reference.reference(),
        OPERATIONS_PAGE: operation_reference.reference(),
        TROUBLE_PAGE: trouble,
        JSON_PAGE: documents,
        JSON_SCHEMA: schema_text(),
    }


def filled(text: str, part: str, table: str) -> str:
    """The page with the part of that name replaced."""
    begin = BEGIN.format(part)
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(END)}", re.DOTALL)
    return marked.sub(lambda _found: f"{begin}\n{table}\n{END}", text, count=1)
