"""The region of the calls, and who chose it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A region and who chose it: ``AWS_REGION``, ``AWS_DEFAULT_REGION``, the configuration …; None for the caller."""

    name: str
    source: str | None


def choose_region(
    flag: str | None,
    environ: Mapping[str, str],
    configured: str | None,
    settings: Mapping[str, Any],
    profile: str | None,
) -> RegionChoice:
    """The first that is set; boto3 alone would not look at AWS_REGION."""
    candidates = (
        (flag, None),
        (environ.get("AWS_REGION"), "AWS_REGION"),
        (environ.get("AWS_DEFAULT_REGION"), "AWS_DEFAULT_REGION"),
        (configured, "the configuration"),
        (settings.get("region"), f"AWS profile '{profile or 'default'}'"),
    )
    return next(
        (RegionChoice(name, source) for name, source in candidates if name), RegionChoice(DEFAULT_REGION, "default")
    )
