"""Pictures: what stands in them, and that no name can break out of them."""

import html.parser
import re
import xml.etree.ElementTree as ET

import pytest

from osem_migrate.formats import Export, ExportedEnvironment, Standing, TableStanding, write
from osem_migrate.formats.html.drawing import WIDTH, draw, shortened
from osem_migrate.live_table import size_text
from osem_migrate.operations import CreateTable, SetBilling, SetStream, SetTags, SetTimeToLive
from osem_migrate.schema import Index, Key, LocalIndex, N, S, Schema
from tests.unit.formats.test_round_trip import export

EVIL = '<script>"&]]>\\n${x}{{y}}%%'


def schema() -> Schema:
    """Two tables, one with indexes of either kind and settings; attributes with all that names may have."""
    made = CreateTable(
        "Orders",
        S("customerId"),
        N("createdAt"),
        indexes=[
            Index("by-status", (S("status"), S(EVIL)), S("customerId"), "INCLUDE", ["total", "notes"]),
            Index("i" * 255, S("status"), projection="KEYS_ONLY"),
        ],
        local_indexes=[LocalIndex("by-size", N("size"))],
        settings=[
            SetBilling.provisioned("Orders", read=5, write=6),
            SetStream("Orders", "NEW_IMAGE"),
            SetTimeToLive("Orders", "expiresAt", enabled=False),
            SetTags("Orders", {"Team": "core & more".replace("&", "+"), "Old": None}),
        ],
    ).apply(Schema())
    return CreateTable("Plans", Key("x" * 255, "B")).apply(made)


def test_mermaid() -> None:
    """Each entity has its keys; an index hangs on its table with what it projects; odd names stand in comments."""
    lines = write("mermaid", export(schema())).text.splitlines()
    assert lines[0] == "erDiagram"
    assert '        S customerId PK "partition key"' in lines
    assert '        N createdAt PK "sort key"' in lines
    assert '    "Orders" ||--o| "Orders/by-status" : "index, INCLUDE (notes, total)"' in lines
    assert '    "Orders" ||--o| "Orders/by-size" : "local index, ALL"' in lines
    assert "    %% Orders: stream NEW_IMAGE" in lines
    odd = next(line for line in lines if "script" in line)
    assert odd == f'''        S attribute PK "partition key {EVIL.replace('"', "'")}"'''


def test_dot() -> None:
    """Labels are well-formed whatever the names are; local indexes hang on dashed lines."""
    text = write("dot", export(schema())).text
    labels = re.findall(r"\[label=<(.*)>\];", text)
    assert len(labels) == 5
    shown = ["".join(ET.fromstring(label).itertext()) for label in labels]  # noqa: S314 - our own text
    assert shown[0].startswith("Orderspartition key customerId: Ssort key createdAt: N")
    assert EVIL in shown[1]
    assert '"Orders" -> "Orders/by-size" [style=dashed];' in text


class _Page(html.parser.HTMLParser):
    """What a browser would load or run, and what it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.shown: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def test_html() -> None:
    """One page that needs nothing else, with a drawing for every table; no name becomes a tag."""
    page = _Page(write("html", export(schema())).text)
    assert page.tags.count("svg") == page.tags.count("article") == 2
    assert "script" not in page.tags
    assert all(source.startswith("#table-") for source in page.sources)
    shown = "".join(page.shown)
    assert EVIL in shown
    assert "osem-dev-Orders" in shown
    assert "provisioned, 5 read and 6 write units" in shown
    assert "Team: core + more" in shown
    assert "Old" not in shown
    assert "time to live" not in shown
    assert "in sync" not in shown


@pytest.mark.parametrize(("is_in_sync", "badge"), [(True, "in sync"), (False, "not in sync")])
def test_where_an_environment_stands(is_in_sync: bool, badge: str) -> None:  # noqa: FBT001 - a parameter of the test
    """Its migrations, the status and the size of each table, what is wrong, and tables that no script declares."""
    exported = export(schema())
    standing = Standing(
        place="eu-west-1",
        is_in_sync=is_in_sync,
        migrations={"0001_a": "applied", "0002_b": "pending"},
        tables={
            "Orders": TableStanding(status="ACTIVE", items=12345, size_bytes=2048, problems=("DRIFT_X: odd",)),
            "Plans": TableStanding(status="missing"),
            "Legacy": TableStanding(status="ACTIVE", problems=("DRIFT_TABLE_UNEXPECTED: found one",)),
        },
        problems=("0002_b: MIGRATION_PENDING: not applied yet",),
    )
    page = write("html", Export(application="x", environments=exported.environments, standing=standing)).text
    shown = " ".join("".join(_Page(page).shown).split())
    assert f"dev (eu-west-1): 2 tables, 3 indexes {badge}" in shown
    assert "1 of 2 migrations applied 0002_b: MIGRATION_PENDING: not applied yet" in shown
    assert "active about 12,345 items, 2.0 KB DRIFT_X: odd" in shown
    assert "osem-dev-Plans missing Plans" in shown
    assert "Legacy active no script declares it DRIFT_TABLE_UNEXPECTED: found one" in shown


def test_a_drawing() -> None:
    """Boxes stand one below the other inside the width, each index joined to the table; long names are cut in it."""
    drawing = draw(schema().tables["Orders"])
    assert [box.kind for box in drawing.boxes] == ["table", "index", "index", "local"]
    for above, below in zip(drawing.boxes, drawing.boxes[1:], strict=False):
        assert above.y + above.height < below.y
    assert all(box.x + box.width == WIDTH for box in drawing.boxes)
    assert len(drawing.lines) == 3
    assert drawing.height >= drawing.boxes[-1].y + drawing.boxes[-1].height
    assert all(row.y + 1 < box.y + box.height for box in drawing.boxes for row in box.rows)
    longest = drawing.boxes[2]
    assert (longest.whole, len(longest.shown) < 40) == ("i" * 255, True)
    assert drawing.text.startswith("Table Orders with the key customerId, createdAt and the indexes by-status")


def test_sizes_and_short_names() -> None:
    """As people write them."""
    assert [size_text(count) for count in (0, 1023, 1024, 1536, 5 * 1024**3)] == [
        "0 bytes",
        "1023 bytes",
        "1.0 KB",
        "1.5 KB",
        "5.0 GB",
    ]
    assert size_text(2**70) == "1048576.0 PB"
    assert (shortened("abcdef", 6), shortened("abcdefg", 6)) == ("abcdef", "abc…fg")


def test_of_one_environment() -> None:
    """Singular where there is one of a thing, and a page without tables is a page."""
    one = CreateTable("T", S("id"), indexes=[Index("abc", S("a"))]).apply(Schema())
    assert "dev: 1 table, 1 index " in " ".join("".join(_Page(write("html", export(one)).text).shown).split()) + " "
    empty = Export(application="x", environments=[ExportedEnvironment(name="dev", schema=Schema(), names={})])
    assert "0 tables" in " ".join(_Page(write("html", empty).text).shown)
