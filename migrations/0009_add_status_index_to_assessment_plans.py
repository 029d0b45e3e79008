"""AssessmentPlans by status: answers "which plans are active, and which archived".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("AssessmentPlans", "status-index", partition_key=S("status")),  # nolint: IDX01 one plan a team and season
]
