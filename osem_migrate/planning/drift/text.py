"""Tables and indexes as people read of them, where something differs."""

from osem_migrate.schema import Index, Key, LocalIndex, Table, Throughput, as_keys


def _keys(partition: tuple[Key, ...], sort: tuple[Key, ...]) -> str:
    """``keys planId S / createdAt N``: what stands behind the slash sorts."""
    parts = (", ".join(f"{key.name} {key.type}" for key in keys) for keys in (partition, sort) if keys)
    return f"keys {' / '.join(parts)}"


def table_keys_text(table: Table) -> str:
    """``keys planId S / createdAt N`` of a table."""
    return _keys(as_keys(table.partition_key), as_keys(table.sort_key))


def index_keys_text(index: Index) -> str:
    """The same of an index."""
    return _keys(index.partition_keys, index.sort_keys)


def projection_text(index: Index | LocalIndex) -> str:
    """``projection INCLUDE (name, season)``."""
    included = f" ({', '.join(index.include)})" if index.include else ""
    return f"projection {index.projection}{included}"


def index_text(index: Index) -> str:
    """``keys managerId S, projection ALL``; the throughput stands elsewhere."""
    return f"{index_keys_text(index)}, {projection_text(index)}"


def local_index_text(index: LocalIndex | None) -> str:
    """``sort key status S, projection ALL``, or ``none``."""
    if index is None:
        return "none"
    return f"sort {_keys(index.keys, ()).replace('keys ', 'key ', 1)}, {projection_text(index)}"


def units_text(throughput: Throughput | None) -> str:
    """Capacity or maximum of an index; only an on-demand one can have none."""
    if throughput is None:
        return "no maximum throughput"
    return f"throughput of {throughput.read or '∞'} read and {throughput.write or '∞'} write units"
