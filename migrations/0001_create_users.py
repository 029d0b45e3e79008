"""Users: the people of the organisation, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("Users", partition_key=S("userId")),  # nolint: PRO01 the data model has it off
]
