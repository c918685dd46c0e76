"""The policies through the real engine: what is shipped passes, faults are refused at preview, data is kept."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.tests.platform import Platform

STACKS = ("prod", "preprod")
FORMS = {"policies.json", "policies.sarif", "policies.xml", "policies.md", "alerts.sarif"}
DATABASE = "rds.Instance 'site-database-instance'"


def run(platform: Platform, *command: str) -> tuple[int, str]:
    """Exit code and words of a command, as in a shell that has sourced the environment."""
    variables = {**platform.environment, "PATH": f"{platform.environment['PATH']}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        command, cwd=platform.project, env=variables, capture_output=True, text=True, timeout=600, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def report(platform: Platform, form: str, directory: Path) -> tuple[int, dict[str, Any]]:
    """Exit code, and the report on production."""
    code, said = run(platform, "./shop", "policies", "report", form, "-s", "prod", "-o", str(directory))
    path = directory / "policies.json"
    assert path.exists(), said
    return code, json.loads(path.read_text())


def of(document: dict[str, Any], status: str) -> list[dict[str, Any]]:
    return [each for each in document["outcomes"] if each["status"] == status]


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose program and policies a test may change: they are put back, nothing being applied."""
    paths = [path for each in ("components", "policies") for path in (platform.project / each).rglob("*.*")]
    files = {path: path.read_bytes() for path in (*paths, *platform.project.glob("Pulumi*.yaml")) if path.is_file()}
    yield platform
    for path, content in files.items():
        path.write_bytes(content)


@pytest.mark.parametrize("form", ["preview", "state"])
def test_what_is_shipped_passes(platform: Platform, form: str) -> None:
    """Before a change and afterwards, by the script that CI runs: nothing is refused, what is excepted is written down,
    and once all is made nothing is left unknown."""
    code, said = run(platform, ".ci/policies", form)
    assert code == 0, said
    written = yaml.safe_load((platform.project / "policies" / "exceptions.yaml").read_text())
    for stack in STACKS:
        directory = platform.project / "policy-report" / stack
        assert {each.name for each in directory.iterdir()} == FORMS
        document = json.loads((directory / "policies.json").read_text())
        assert (document["stack"], document["form"], document["verdict"]) == (stack, form, "passed")
        if form == "preview":
            # Both stacks are up: what the program asks for is what the state holds.
            assert not any(document["plan"]["counts"].values())
        assert document["counts"]["passed"] > 100
        assert {(each["id"], each["resource"]) for each in of(document, "excepted")} == {
            (each["policy"], each["resource"])
            for each in written
            if each["stack"] == stack and each["policy"] != "stateful-kept"
        }
        assert of(document, "unknown") == []
        alerts = json.loads((directory / "alerts.sarif").read_text())
        assert all(not each["suppressions"] for each in alerts["runs"][0]["results"])


def test_faults_are_refused_at_preview(edited: Platform) -> None:
    """A public database, a gateway that is open to all, and plain HTTP at CloudFront, each with its rule and its fix,
    by the plain CLI: before anything of it is made."""
    edited.edit("components/data/mysql_database.py", "publicly_accessible=False", "publicly_accessible=True")
    gateway = edited.project / "components" / "servers" / "gateway_proxy.py"
    gateway.write_text(gateway.read_text().replace("from_cidr=str(source.cidr)", 'from_cidr="0.0.0.0/0"'))
    program = edited.project / "components" / "delivery" / "content_delivery.py"
    program.write_text(
        program.read_text().replace('viewer_protocol_policy="https-only"', 'viewer_protocol_policy="allow-all"')
    )
    failed = edited.pulumi("preview", "-s", "prod", "--policy-pack", "policies", check=False)
    assert failed.returncode != 0
    for rule, fix in {
        "rds-private": "set publicly_accessible=False",
        "gateway-ingress-allow-listed": "Fix:",
        "cloudfront-https-only": "https-only",
    }.items():
        said = [line for line in failed.stdout.splitlines() if f"[{rule}," in line]
        assert said, f"{rule} is silent:\n{failed.stdout}"
        assert all(fix in line for line in said)


@pytest.mark.long
def test_a_database_is_not_replaced_unless_an_exception_names_it(edited: Platform, tmp_path: Path) -> None:
    """With protection off in the stack file the engine itself would go on, and come back with an empty database. Other
    resources than the one that an exception names stay refused."""
    edited.edit("Pulumi.prod.yaml", "magento:protect: true", "magento:protect: false")
    edited.edit("components/data/mysql_database.py", 'username: str = "magento"', 'username: str = "shop"')
    exceptions = edited.project / "policies" / "exceptions.yaml"
    entries = yaml.safe_load(exceptions.read_text()) or []
    code, document = report(edited, "preview", tmp_path / "refused")
    kept = {each["resource"]: each for each in document["outcomes"] if each["id"] == "stateful-kept"}
    assert code == 1
    assert kept[DATABASE]["status"] == "failed"
    assert "username" in kept[DATABASE]["message"]
    assert document["plan"]["counts"]["replace"] >= 1
    allowed = {
        "policy": "stateful-kept",
        "stack": "prod",
        "resource": DATABASE,
        "reason": "The shop moves to a new database tonight, from a dump.",
        "owner": "Operations",
        "expires": "2027-06-30",
    }
    exceptions.write_text(yaml.safe_dump([*entries, allowed]))
    _, document = report(edited, "preview", tmp_path / "excepted")
    kept = {each["resource"]: each["status"] for each in document["outcomes"] if each["id"] == "stateful-kept"}
    assert kept.pop(DATABASE) == "excepted"
    assert set(kept.values()) <= {"failed"}
    needless = [each["message"] for each in of(document, "failed") if each["id"] == "exceptions-valid"]
    assert not [message for message in needless if "stateful-kept" in message]


@pytest.mark.long
def test_a_broken_rule_is_named_and_the_others_go_on(edited: Platform, tmp_path: Path) -> None:
    """A broken rule refuses the stack, since its result is not known; all other rules are evaluated."""
    edited.edit("policies/rules/data/database.py", '"publiclyAccessible", False)', '"publiclyAccessible", 1 / 0)')
    code, document = report(edited, "state", tmp_path)
    assert (code, document["whole"]) == (1, True)
    broken = of(document, "broken")
    assert {each["id"] for each in broken} == {"rds-private"}
    assert all("ZeroDivisionError at database.py" in each["message"] for each in broken)
    assert document["counts"]["passed"] > 100
