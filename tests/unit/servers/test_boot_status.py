"""The line at the end of a run that names the servers that are not ready."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from components.servers.boot_status import say_which_are_not_ready
from tests.unit import cloud
from tests.unit.program import build
from tests.unit.surroundings import CONTEXT


@pytest.mark.parametrize(
    ("ready", "named"), [(["i-nfs", "i-other"], "gateway"), ([], "nfs, gateway"), (["i-gateway", "i-nfs"], "")]
)
def test_a_run_says_which_servers_are_not_ready(
    ready: list[str], named: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this stack alone, and nothing when all are."""
    asked: list[Mapping[str, object]] = []

    def answer(arguments: Mapping[str, object], region: str) -> Mapping[str, object]:
        asked.append(arguments)
        return {"id": region, "ids": ready}

    monkeypatch.setattr(cloud, "FUNCTIONS", {**cloud.FUNCTIONS, "aws:ec2/getInstances:getInstances": answer})
    with caplog.at_level(logging.INFO):
        build(lambda: say_which_are_not_ready({"nfs": "i-nfs", "gateway": "i-gateway"}, CONTEXT))
    said = [each.message for each in caplog.records if "not ready" in each.message]
    assert [line.partition(": ")[2].partition(". ")[0] for line in said] == ([named] if named else [])
    [question] = asked
    assert question["instanceTags"] == {"Client": "client", "Environment": "prod", "BootStatus": "ready"}
    assert question["instanceStateNames"] == ["running"]
