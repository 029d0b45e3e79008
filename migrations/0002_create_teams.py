"""Teams: teams, their manager and their members, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("Teams", partition_key=S("teamId")),  # nolint: PRO01 the data model has it off
]
