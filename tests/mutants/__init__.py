"""How much of the program's source the unit tests hold: one constant changed at a time, in a copy of the repository.

``python -m tests.mutants --sample 60 --seed 1`` draws 60 constants; ``--changed main`` takes those in lines that differ
from ``main``. Each copy runs ``tests/unit`` until the first failing test. Exit code 1: fewer than 95 % were caught.
"""
