"""Reports of what the policies say about a stack: for people, code scanning, test dashboards and auditors.

May import every other package of the pack; none of them imports this one.
"""
