"""Assessments by teamMemberId: answers "which assessments does this user have".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("Assessments", "teamMemberId-index", partition_key=S("teamMemberId")),
]
