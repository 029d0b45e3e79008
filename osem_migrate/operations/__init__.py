"""Every operation a script can declare; a new one is one file here, one test file and one line in this list."""

from osem_migrate.operations.add_index import AddIndex
from osem_migrate.operations.base import Operation, Setting
from osem_migrate.operations.create_table import CreateTable
from osem_migrate.operations.drop_index import DropIndex
from osem_migrate.operations.drop_table import DropTable
from osem_migrate.operations.set_billing import SetBilling
from osem_migrate.operations.set_deletion_protection import SetDeletionProtection
from osem_migrate.operations.set_encryption import SetEncryption
from osem_migrate.operations.set_point_in_time_recovery import SetPointInTimeRecovery
from osem_migrate.operations.set_stream import SetStream
from osem_migrate.operations.set_table_class import SetTableClass
from osem_migrate.operations.set_tags import SetTags
from osem_migrate.operations.set_time_to_live import SetTimeToLive

__all__ = [
    "AddIndex",
    "CreateTable",
    "DropIndex",
    "DropTable",
    "Operation",
    "SetBilling",
    "SetDeletionProtection",
    "SetEncryption",
    "SetPointInTimeRecovery",
    "SetStream",
    "SetTableClass",
    "SetTags",
    "SetTimeToLive",
    "Setting",
]
