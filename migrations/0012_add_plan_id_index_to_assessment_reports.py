"""AssessmentReports by planId: answers "which reports does this plan have".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("AssessmentReports", "planId-index", partition_key=S("planId")),
]
