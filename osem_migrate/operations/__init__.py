"""Every operation a script can declare; a new one is one file here, one test file and one line in this list."""

from osem_migrate.operations.add_index import AddIndex as AddIndex
from osem_migrate.operations.base import Operation as Operation
from osem_migrate.operations.base import Setting as Setting
from osem_migrate.operations.check_items import CheckItems as CheckItems
from osem_migrate.operations.create_table import CreateTable as CreateTable
from osem_migrate.operations.delete_items import DeleteItems as DeleteItems
from osem_migrate.operations.drop_index import DropIndex as DropIndex
from osem_migrate.operations.drop_table import DropTable as DropTable
from osem_migrate.operations.put_items import PutItems as PutItems
from osem_migrate.operations.repair_table import RepairTable as RepairTable
from osem_migrate.operations.set_billing import SetBilling as SetBilling
from osem_migrate.operations.set_deletion_protection import SetDeletionProtection as SetDeletionProtection
from osem_migrate.operations.set_encryption import SetEncryption as SetEncryption
from osem_migrate.operations.set_point_in_time_recovery import SetPointInTimeRecovery as SetPointInTimeRecovery
from osem_migrate.operations.set_stream import SetStream as SetStream
from osem_migrate.operations.set_table_class import SetTableClass as SetTableClass
from osem_migrate.operations.set_tags import SetTags as SetTags
from osem_migrate.operations.set_time_to_live import SetTimeToLive as SetTimeToLive
from osem_migrate.operations.update_items import UpdateItems as UpdateItems

OPERATIONS: tuple[type[Operation], ...] = tuple(
    kind for kind in tuple(globals().values()) if isinstance(kind, type) and issubclass(kind, Operation)
)
"""The list above, with the two that others are derived from: what ``osem_migrate`` exports of it."""

SETTINGS: tuple[type[Setting], ...] = tuple(
    kind for kind in OPERATIONS if issubclass(kind, Setting) and kind is not Setting
)
"""Every kind of setting in the list above: what is read of a live table."""

WATCHED: tuple[type[Setting], ...] = tuple(kind for kind in SETTINGS if kind.is_watched)
"""The settings that are looked for although nobody declared them."""
