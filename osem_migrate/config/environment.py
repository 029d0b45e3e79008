"""Environment: its physical names, and what every new table there gets."""

from collections.abc import Mapping
from dataclasses import dataclass

from osem_migrate.config.names import HISTORY_ENTITY, Names
from osem_migrate.config.settings import EnvironmentSettings
from osem_migrate.errors import NamesClash
from osem_migrate.operations import SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags, Setting
from osem_migrate.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another environment whose tables would be these, if it were in the same account.

    Attributes:
        name: of that environment.
        table: physical name of a table that would belong to both.
        account_id: of that environment; None where the configuration does not say.
        region: likewise.
    """

    name: str
    table: str
    account_id: str | None
    region: str | None

    def describe(self) -> str:
        """What is in doubt, and how to end the doubt."""
        return (
            f"table {self.table} would belong to environment {self.name!r}, too, if that is in this account; "
            "set account_id in both"
        )


class Environment:
    """One environment: its settings, its physical names, and what every new table there gets."""

    def __init__(
        self,
        name: str,
        application: str,
        names: Names,
        settings: EnvironmentSettings,
        *,
        neighbours: tuple[Neighbour, ...] = (),
    ) -> None:
        """Use ``Project.environment`` instead."""
        self.name = name
        self.application = application
        self.names = names
        self.settings = settings
        self.neighbours = neighbours

    def physical_name(self, entity: str) -> str:
        """``osem-dev-Users`` for ``Users``; raises DefinitionError where no table can be called so."""
        return self.names.physical(entity)

    def logical_name(self, physical_name: str) -> str | None:
        """``Users`` for ``osem-dev-Users``; None for a table that is not of this environment."""
        return self.names.logical(physical_name)

    @property
    def place(self) -> Place:
        """Where it is, by the configuration."""
        return Place(
            environment=self.name,
            application=self.application,
            region=self.settings.region,
            account_id=self.settings.account_id,
            endpoint_url=self.settings.endpoint_url,
            table_pattern=str(self.names.pattern),
        )

    @property
    def history_table(self) -> str:
        """Physical name of the history table."""
        return self.physical_name(HISTORY_ENTITY)

    @property
    def stage(self) -> str:
        """What ``{env}`` stands for: ``Prod`` where the environment ``prod`` is spelled so."""
        return self.settings.name or self.name

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every table; ``{env}`` and ``{application}`` in a value are filled in."""
        return fill_all(self.settings.tags, {"env": self.stage, "application": self.application})

    def is_autoscaled(self, entity: str) -> bool:
        """Whether the configuration leaves the capacity of that table, by its logical name, to an autoscaler."""
        autoscaled = self.settings.autoscaled
        return autoscaled if isinstance(autoscaled, bool) else entity in autoscaled

    @property
    def defaults(self) -> tuple[Setting, ...]:
        """Settings of every new table unless its script says otherwise."""
        settings, every = self.settings, "defaults"
        found: list[Setting] = []
        if settings.capacity is not None:
            found.append(SetBilling.provisioned(every, read=settings.capacity.read, write=settings.capacity.write))
        if settings.deletion_protection is not None:
            found.append(SetDeletionProtection(every, settings.deletion_protection))
        if settings.point_in_time_recovery is not None:
            found.append(SetPointInTimeRecovery(every, settings.point_in_time_recovery))
        if self.tags:
            found.append(SetTags(every, self.tags))
        return tuple(found)


def clash(where: str, name: str, other: Neighbour, *, remediation: str | None = None) -> NamesClash:
    """The error that shows a table which two environments would share."""
    return NamesClash(
        f"{where}: table {other.table} would belong to environment {name!r} and to {other.name!r}",
        remediation=remediation,
        environments=sorted([name, other.name]),
        table=other.table,
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace ``{env}`` and ``{application}``; any other brace is the user's own."""
    for name, text in values.items():
        template = template.replace(f"{{{name}}}", text)
    return template


def fill_all(templates: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The same in every value."""
    return {key: fill(text, values) for key, text in templates.items()}
