"""How long things take in AWS, in seconds, measured on empty tables; drawn the same way for the same names every time.

The ranges are those of ``aws-controllers-k8s/dynamodb-controller`` docs/api-quirks (Q-n is DDB-TABLE-n), October 2026.
"""

import random
from dataclasses import dataclass, fields

Spread = tuple[tuple[float, float], ...]
"""Ranges of seconds, each as likely as the next; one that is named twice is twice as likely."""


def exactly(seconds: float) -> Spread:
    """No choice at all."""
    return ((seconds, seconds),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Every duration of the control plane.

    Attributes:
        seed: another seed gives other draws from the same ranges.
        create_table: until ACTIVE, without indexes (Q-387, 076).
        create_table_with_indexes: until table and indexes are ACTIVE, all at once (Q-148, 169).
        delete_table: until DescribeTable no longer finds it (Q-076).
        index_allocation: table UPDATING, index CREATING and not yet backfilling (Q-148, 458).
        index_build: from the call until the index is ACTIVE; two modes, the slower a third of all (Q-148, 458).
        index_delete: until the index is gone (Q-148, 375, 376).
        index_lag: from a write until the global indexes show it; documented as a fraction of a second, and none here
            unless a test asks for it.
        index_update: index UPDATING after a change of its throughput (Q-148, 159).
        throughput_update: table UPDATING after a change of its throughput (Q-058, 370).
        to_provisioned: billing switch (Q-056, 183).
        to_on_demand: billing switch of a table that was never on demand before (Q-064, 183).
        back_to_on_demand: the same of one that was (Q-183).
        stream_update: table UPDATING after a stream is enabled or disabled (Q-002, 050).
        class_update: table UPDATING after a change of its class (Q-284).
        encryption_update: SSE UPDATING, table ACTIVE (Q-065, 140).
        warm_up: WarmThroughput UPDATING, table ACTIVE (Q-179, 459).
        backups_available: from ACTIVE until UpdateContinuousBackups is taken (Q-115, 116).
        time_to_live_update: ENABLING or DISABLING; polling every second never saw it (Q-143, 145).
        time_to_live_cooldown: until the next UpdateTimeToLive is taken (Q-143).
        protection_cooldown: until deletion protection can be changed back (Q-003, 445).
        tag_lock: until the next write of tags is taken (Q-103, 440).
        tag_lag: until ListTagsOfResource shows a write (Q-102, 406).
        side_memory: after DeleteTable, how long TTL and backup calls still take the table (Q-118, 453).
        expiry_lag: from an item's expiry until the service deletes it (documented: within a few days); never none.
        refresh: between two refreshes of ItemCount and sizes (documented: about six hours).
    """

    seed: str = "osem"
    create_table: Spread = ((2.0, 6.0),)
    create_table_with_indexes: Spread = ((14.0, 22.0),)
    delete_table: Spread = ((4.0, 6.0),)
    index_allocation: Spread = ((24.0, 56.0),)
    index_build: Spread = ((468.0, 539.0), (468.0, 539.0), (990.0, 1003.0))
    index_delete: Spread = ((2.6, 5.1),)
    index_lag: Spread = ((0.0, 0.0),)
    index_update: Spread = ((2.0, 4.0),)
    throughput_update: Spread = ((1.0, 2.0),)
    to_provisioned: Spread = ((60.0, 98.0),)
    to_on_demand: Spread = ((128.0, 170.0),)
    back_to_on_demand: Spread = ((4.1, 5.1),)
    stream_update: Spread = ((4.0, 5.1),)
    class_update: Spread = ((3.6, 6.1),)
    encryption_update: Spread = ((21.3, 23.3),)
    warm_up: Spread = ((270.0, 510.0),)
    backups_available: Spread = ((1.4, 2.7),)
    time_to_live_update: Spread = ((0.2, 0.9),)
    time_to_live_cooldown: Spread = ((1860.0, 1860.0),)
    protection_cooldown: Spread = ((15.0, 15.0),)
    tag_lock: Spread = ((1.5, 2.0),)
    tag_lag: Spread = ((1.3, 3.0),)
    side_memory: Spread = ((1.0, 1.0),)
    expiry_lag: Spread = ((60.0, 172_800.0),)
    refresh: Spread = ((21_600.0, 21_600.0),)

    def draw(self, kind: str, *names: str) -> float:
        """Seconds that ``kind``, one of the attributes, takes for what has these names: table, then index."""
        spread: Spread = getattr(self, kind)
        chance = random.Random("/".join((self.seed, kind, *names)))  # noqa: S311 - repeatable, not secret
        low, high = chance.choice(spread)
        return chance.uniform(low, high)


def kinds() -> tuple[str, ...]:
    """The names of all durations."""
    return tuple(field.name for field in fields(Durations) if field.name != "seed")
