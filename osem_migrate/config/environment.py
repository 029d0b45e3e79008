"""Environment: its physical names, and what every new table there gets."""

from collections.abc import Mapping

from osem_migrate.config.settings import EnvironmentSettings
from osem_migrate.operations import SetBilling, SetDeletionProtection, SetPointInTimeRecovery, SetTags, Setting
from osem_migrate.schema import check_name

HISTORY_ENTITY = "SchemaMigrations"


class Environment:
    """One environment: its settings, its physical names, and what every new table there gets."""

    def __init__(self, name: str, application: str, prefix: str, suffix: str, settings: EnvironmentSettings) -> None:
        """Use ``Project.environment`` instead."""
        self.name = name
        self.application = application
        self.prefix = prefix
        self.settings = settings
        self._suffix = suffix

    def physical_name(self, entity: str) -> str:
        """``osem-dev-Users`` for ``Users``; raises DefinitionError where DynamoDB would refuse the name."""
        name = f"{self.prefix}{entity}{self._suffix}"
        check_name("table", name)
        return name

    def logical_name(self, physical_name: str) -> str | None:
        """``Users`` for ``osem-dev-Users``; None for a table that is not of this environment."""
        if not physical_name.startswith(self.prefix) or not physical_name.endswith(self._suffix):
            return None
        return physical_name[len(self.prefix) : len(physical_name) - len(self._suffix)] or None

    @property
    def history_table(self) -> str:
        """Physical name of the history table."""
        return self.physical_name(HISTORY_ENTITY)

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every table; ``{env}`` and ``{application}`` in a value are filled in."""
        return fill_all(self.settings.tags, {"env": self.name, "application": self.application})

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


def fill(template: str, names: Mapping[str, str]) -> str:
    """Replace ``{env}`` and ``{application}``; any other brace is the user's own."""
    for name, text in names.items():
        template = template.replace(f"{{{name}}}", text)
    return template


def fill_all(templates: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The same in every value."""
    return {key: fill(text, names) for key, text in templates.items()}
