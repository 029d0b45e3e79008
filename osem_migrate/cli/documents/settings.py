"""The settings of a live table, each as its kind says itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

from typing_extensions import TypedDict

from osem_migrate.operations import SETTINGS
from osem_migrate.schema import Table

if TYPE_CHECKING:
    SettingsDocument = Mapping[str, Mapping[str, object] | None]
else:
    _MEMBERS: dict[str, Any] = {kind.member(): get_type_hints(kind.data)["return"] | None for kind in SETTINGS}
    SettingsDocument = TypedDict("SettingsDocument", _MEMBERS)
    SettingsDocument.__doc__ = (
        "Every kind of setting; null where it was not read, which takes --details for some, "
        "or where a local engine does not keep it."
    )


def settings_document(table: Table | None) -> SettingsDocument:
    """The settings of a live table."""
    found = {kind.member(): table.setting(kind) if table is not None else None for kind in SETTINGS}
    return {name: setting.data() if setting is not None else None for name, setting in found.items()}
