"""``make picture``: docs/images/tables.png, a picture of the page of ``export html`` that knows its page."""

import hashlib
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from osem_migrate.formats import Export, ExportedEnvironment, Standing, TableStanding, write
from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetDeletionProtection,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.schema import B, Index, LocalIndex, N, S, Schema

PICTURE = Path(__file__).parents[1] / "images" / "tables.png"
_SIZE = "1280,1330"
_KEYWORD = b"osem-migrate page\0"
_HEAD = 33  # bytes of a PNG's signature and first chunk (its specification, 5.2 and 11.2.2)


def page() -> str:
    """A page that has everything: indexes of all kinds, settings, an environment with something wrong in it."""
    schema = Schema()
    for create in _TABLES:
        schema = create.apply(schema)
    ids: tuple[str, ...] = (
        "create_teams",
        "create_orders",
        "create_sessions",
        "create_plans",
        "add_manager_id_index_to_teams",
    )
    ids += ("add_status_index_to_orders", "add_owner_id_index_to_orders", "add_team_id_index_to_plans")
    migrations = {f"{number:04}_{name}": "applied" for number, name in enumerate(ids, 1)}
    pending = list(migrations)[-1]
    names = {table: f"shop-prod-{table}" for table in schema.tables}
    standing = Standing(
        place="eu-west-1",
        is_in_sync=False,
        migrations={**migrations, pending: "pending"},
        tables=_STANDING,
        problems=(f"{pending}: MIGRATION_PENDING: not applied yet",),
    )
    environment = ExportedEnvironment(name="prod", schema=schema, names=names)
    return write("html", Export(application="shop", environments=[environment], standing=standing)).text


def digest(text: str) -> str:
    """What the picture of a page carries, to know it by."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_in(picture: bytes) -> str | None:
    """The digest that a PNG carries in its first text; None where it has none."""
    _, keyword, rest = picture.partition(b"tEXt" + _KEYWORD)
    return rest[:64].decode("ascii") if keyword else None


def take(browser: str) -> None:
    """Have a headless Chromium take the picture."""
    text = page()
    with TemporaryDirectory() as folder:
        source, shot = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(text, encoding="utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={_SIZE}")
        subprocess.run(  # noqa: S603 - whoever makes the picture names the browser
            [browser, *options, f"--screenshot={shot}", source.as_uri()], check=True, timeout=120, capture_output=True
        )
        taken = shot.read_bytes()
    chunk = b"tEXt" + _KEYWORD + digest(text).encode("ascii")
    framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    PICTURE.write_bytes(taken[:_HEAD] + framed + taken[_HEAD:])


_TABLES = (
    CreateTable(
        "Orders",
        S("customerId"),
        N("createdAt"),
        indexes=[
            Index("ownerId-index", S("ownerId"), projection="KEYS_ONLY"),
            Index("status-region-index", (S("status"), S("region")), N("createdAt"), "INCLUDE", ["currency", "total"]),
        ],
        local_indexes=[LocalIndex("amount-index", N("amount"))],
        settings=[
            SetBilling.provisioned("Orders", read=50, write=20),
            SetPointInTimeRecovery("Orders", enabled=True),
            SetTimeToLive("Orders", "expiresAt"),
            SetTags("Orders", {"Environment": "prod", "Team": "shop"}),
        ],
    ),
    CreateTable(
        "Plans",
        S("planId"),
        indexes=[Index("teamId-index", S("teamId"), N("createdAt"))],
        settings=[
            SetPointInTimeRecovery("Plans", enabled=True, days=7),
            SetTags("Plans", {"Environment": "prod", "Team": "core"}),
        ],
    ),
    CreateTable(
        "Sessions",
        B("tokenDigest"),
        settings=[SetTimeToLive("Sessions", "expiresAt"), SetTags("Sessions", {"Environment": "prod"})],
    ),
    CreateTable(
        "Teams",
        S("teamId"),
        indexes=[Index("managerId-index", S("managerId"))],
        settings=[
            SetDeletionProtection("Teams", enabled=True),
            SetStream("Teams", "NEW_AND_OLD_IMAGES"),
            SetTags("Teams", {"Environment": "prod", "Team": "core"}),
        ],
    ),
)
_STANDING = {
    "Orders": TableStanding(
        status="ACTIVE",
        items=98_765_432,
        size_bytes=123_456_789_012,
        problems=("DRIFT_INDEX_MISSING: ownerId-index: expected keys ownerId S, projection KEYS_ONLY, found none",),
    ),
    "Plans": TableStanding(status="ACTIVE", items=813, size_bytes=1_153_433),
    "Sessions": TableStanding(status="ACTIVE", items=4_711, size_bytes=98_000),
    "Teams": TableStanding(status="ACTIVE", items=12_345, size_bytes=3_355_443),
}

if __name__ == "__main__":
    take(os.environ.get("CHROMIUM", "chromium"))
    sys.stdout.write(f"{PICTURE.name}\n")
