"""Runs the rules: the catalogue, the analyzer that answers Pulumi's engine, levels, exceptions and outcomes.

May import ``model``, ``aws`` and ``rules``.
"""
