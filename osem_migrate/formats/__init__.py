"""Files of other tools: a schema read from them, or written to them; one module a format, and one list of them."""

from osem_migrate.formats.registry import FORMATS as FORMATS
from osem_migrate.formats.registry import READABLE as READABLE
from osem_migrate.formats.registry import WRITABLE as WRITABLE
from osem_migrate.formats.registry import Format as Format
from osem_migrate.formats.registry import read as read
from osem_migrate.formats.registry import write as write
from osem_migrate.formats.values import Export as Export
from osem_migrate.formats.values import ExportedEnvironment as ExportedEnvironment
from osem_migrate.formats.values import FoundTable as FoundTable
from osem_migrate.formats.values import Given as Given
from osem_migrate.formats.values import Note as Note
from osem_migrate.formats.values import Reading as Reading
from osem_migrate.formats.values import Standing as Standing
from osem_migrate.formats.values import TableStanding as TableStanding
from osem_migrate.formats.values import Writing as Writing
