"""AssessmentReports: the outcome of a member's assessments, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("AssessmentReports", partition_key=S("reportId")),  # nolint: PRO01 the data model has it off
]
