"""Teams by managerId: answers "which teams does this manager lead".

Single organisation: no table of OSEM Ladders has an orgId.
"""

from osem_migrate import AddIndex, S

operations = [
    AddIndex("Teams", "managerId-index", partition_key=S("managerId")),
]
