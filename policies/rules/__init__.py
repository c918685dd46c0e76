"""The rules, one folder for each area. Each module ends with its ``RULES``.

May import ``model``, ``aws`` and the types of ``generated``.
"""
