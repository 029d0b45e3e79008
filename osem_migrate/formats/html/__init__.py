"""HTML: one page that needs nothing else, with a drawing of every table."""

from osem_migrate.formats.html.write import write as write
