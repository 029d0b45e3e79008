"""Assessments: self and manager assessments, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("Assessments", partition_key=S("assessmentId")),  # nolint: PRO01 the data model has it off
]
