"""CloudFormation, SAM included: templates in YAML or JSON."""

from osem_migrate.formats.cloudformation.read import read as read
from osem_migrate.formats.cloudformation.write import write as write
