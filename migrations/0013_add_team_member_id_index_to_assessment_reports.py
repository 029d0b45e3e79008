"""AssessmentReports by teamMemberId: answers "which reports does this user have".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("AssessmentReports", "teamMemberId-index", partition_key=S("teamMemberId")),
]
