"""The digest: its items of a day are one partition, and sorted by their id."""

from osem_migrate import CreateTable, S, SetPointInTimeRecovery

operations = [
    CreateTable(
        "VibeDigest",
        partition_key=S("digest_date"),
        sort_key=S("item_id"),
        settings=[SetPointInTimeRecovery("VibeDigest", enabled=True)],
    ),
]
