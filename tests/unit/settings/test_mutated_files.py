"""Whatever a stack file holds, it is taken or refused by one clear line for each fault, before anything is made."""

from __future__ import annotations

import contextvars
import json
import re
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from pulumi.runtime import Settings as Runtime
from pulumi.runtime import configure, set_all_config

from components.monitoring.alarm import AlarmNameError
from settings import host_names, stack_file
from settings.certificate_files import CertificateError
from tests.unit.graph import Graph
from tests.unit.program import build_program, program, stack_config
from tests.unit.settings.aws_checks import refusals
from tests.unit.settings.mutations import FILES, Mutated, mutated
from tests.unit.settings.stack_faults import GRAMMAR

CERTIFIED = ("*.client.url", "client.url")
LONGEST_LINE = 1200
LINE = re.compile(GRAMMAR.pattern.replace("[A-Za-z0-9_.*-]+", r".+?"))
"""The grammar of all messages; a key that nobody knows may be anything."""


def load(stack: str, config: dict[str, Any]) -> stack_file.Settings:
    """The settings as the program loads them, without an engine. A joining stack is held against production."""

    def run() -> stack_file.Settings:
        configure(Runtime(project="magento", stack=stack, dry_run=False))
        set_all_config(
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}, []
        )
        settings = stack_file.load()
        if settings.joined_stack:
            joined = shared_by_production()
            if faults := tuple(host_names.faults_beside(settings, joined, settings.joined_stack)):
                raise stack_file.SettingsError(stack_file.report(faults))
        return settings

    return contextvars.Context().run(run)


@cache
def shared_by_production() -> host_names.SharedNames:
    return load("prod", stack_config("prod")).shared_names(CERTIFIED)


def production(_: str) -> Graph:
    """What any stack is that is joined: a mutated file may give it any name."""
    return program("prod")


GRAPHS = {"prod": 3, "preprod": 9}
"""How many of the files that are taken are built whole. Production's graph takes seconds."""


@pytest.mark.long
def test_every_mutated_file_is_taken_or_refused_by_clear_lines() -> None:
    """2,000 files with the profile for CI; 20 times the examples of any other. The program builds some of those that
    are taken, spread evenly over all, and the embedded AWS takes what it declares."""
    taken: list[Mutated] = []
    refused: list[Mutated] = []

    @profile(max_examples=20 * profile().max_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mutated())
    def feed(file: Mutated) -> None:
        try:
            load(file.stack, file.config)
        except stack_file.SettingsError as error:
            refused.append(file)
            first, *lines = str(error).splitlines()
            assert first == f"Pulumi.{file.stack}.yaml is invalid:"
            assert lines
            assert len(lines) == len(set(lines))
            for line in lines:
                assert LINE.fullmatch(line.strip()), line
                assert line.isprintable()
                assert len(line) <= LONGEST_LINE
                line.encode()
        else:
            taken.append(file)

    feed()
    assert len(taken) > 100
    assert len(refused) > 100
    for stack, count in GRAPHS.items():
        of_stack = [file for file in taken if file.stack == stack and file.config != FILES[stack]]
        for file in of_stack[:: max(1, len(of_stack) // count)][:count]:
            # Which alarms there are, and what a certificate's files hold, only the whole program tells.
            with suppress(AlarmNameError, CertificateError):
                graph = build_program(
                    stack, config={**dict.fromkeys(FILES[stack]), **file.config}, references=production
                )
                assert list(refusals(graph)) == [], file.changes


@pytest.mark.parametrize("stack", sorted(FILES))
def test_the_shipped_files_are_taken(stack: str) -> None:
    load(stack, FILES[stack])
