"""Location: where an environment's tables are, as far as the configuration says, and whether two may be the same."""

from dataclasses import dataclass
from typing import Self

from osem_migrate.config.settings import EnvironmentSettings
from osem_migrate.place import is_this_machine

EMBEDDED = "the embedded engine"


@dataclass(frozen=True, slots=True)
class Location:
    """Account, region and endpoint.

    Attributes:
        engine: the endpoint of an emulator, whose data nobody else has; None for AWS, and for what may lead there.
        account_id: twelve digits; None where the configuration does not say.
        region: None likewise.
        profile: the AWS profile whose credentials are used; None for the default ones.
    """

    engine: str | None
    account_id: str | None
    region: str | None
    profile: str | None

    @classmethod
    def configured(cls, settings: EnvironmentSettings, *, embedded: bool) -> Self:
        """Where the settings of an environment lead; ``embedded`` where no endpoint means the embedded engine."""
        url = settings.endpoint_url
        engine = EMBEDDED if embedded and url is None else None
        if url is not None and (is_this_machine(url) if settings.local is None else settings.local):
            engine = url.rstrip("/").casefold()
        return cls(engine, settings.account_id, settings.region, settings.profile)

    def may_be(self, other: "Location") -> bool | None:
        """Whether both may be the same place; None where only the accounts, which differ or not, could tell.

        The same credentials are of one account. Those of two profiles may be of two.
        """
        if self.engine != other.engine or (self.region and other.region and self.region != other.region):
            return False
        if self.engine is not None:
            return True
        if self.account_id and other.account_id:
            return self.account_id == other.account_id
        is_known = self.account_id is not None or other.account_id is not None
        return None if is_known or self.profile != other.profile else True
