"""Releases on a live sandbox while shoppers are in the shop: what they see of each kind, each failure and each kill.

``make rehearsal`` runs it. ``load.py`` has the shoppers, ``operator.py`` who types the commands, ``scenarios.py`` and
``controls.py`` what happens, ``table.py`` what is printed.
"""
