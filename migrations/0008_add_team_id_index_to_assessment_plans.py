"""AssessmentPlans by teamId: answers "which plans does this team have".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("AssessmentPlans", "teamId-index", partition_key=S("teamId")),
]
