"""AssessmentPlans: a team's assessment plan for one season, by id.

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import CreateTable, S

operations = [
    CreateTable("AssessmentPlans", partition_key=S("planId")),  # nolint: PRO01 the data model has it off
]
