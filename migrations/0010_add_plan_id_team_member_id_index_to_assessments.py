"""Assessments by planId and teamMemberId: answers "which assessments does this member have in this plan".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("Assessments", "planId-teamMemberId-index", partition_key=S("planId"), sort_key=S("teamMemberId")),
]
