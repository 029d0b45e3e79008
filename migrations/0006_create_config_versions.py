"""ConfigVersions: versions of the ladder configuration, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("ConfigVersions", partition_key=S("configId")),  # nolint: PRO01 the data model has it off
]
