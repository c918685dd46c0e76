"""The maintenance hold of production by hand: its commands on the real engine's outputs and the embedded AWS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from commands.errors import ExitCode
from sandbox.tests.platform import Platform

pytestmark = pytest.mark.long

NOWHERE = "disarmed.invalid"
"""The host name of a rule that is not armed."""


def shop(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`./shop release …`, as a sourced shell runs it."""
    return subprocess.run(
        ["./shop", "release", *arguments],
        cwd=platform.project,
        env={**os.environ, **platform.environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def opened(platform: Platform) -> Iterator[None]:
    """The rules are as the stack made them, afterwards too: `hold off` leaves the page of the tool in them."""
    elbv2, arns = platform.client("elbv2"), list(platform.outputs("prod")["hold_rules"].values())
    made = elbv2.describe_rules(RuleArns=arns)["Rules"]
    yield
    disarmed = [{"Field": "host-header", "HostHeaderConfig": {"Values": [NOWHERE]}}]
    for rule in made:
        elbv2.modify_rule(RuleArn=rule["RuleArn"], Conditions=disarmed, Actions=rule["Actions"])


def answers(platform: Platform) -> dict[str, list[str]]:
    """What each rule of the hold matches."""
    rules = platform.outputs("prod")["hold_rules"]
    found = platform.client("elbv2").describe_rules(RuleArns=list(rules.values()))["Rules"]
    names = {arn: name for name, arn in rules.items()}
    return {
        names[rule["RuleArn"]]: sorted(
            value
            for condition in rule["Conditions"]
            for config in condition.values()
            if isinstance(config, dict)
            for value in config["Values"]
        )
        for rule in found
    }


DISARMED = {rule: [NOWHERE] for rule in ("allowed-to-back-office", "allowed-to-front", "everyone-else")}
ARMED = {
    "allowed-to-back-office": ["/backend*", "203.0.113.4/32"],
    "allowed-to-front": ["203.0.113.4/32"],
    "everyone-else": ["client.url", "www.client.url"],
}


@pytest.mark.row(21)
def test_the_shop_is_held_and_opened_and_both_are_on_record(platform: Platform) -> None:
    assert shop(platform, "status", "-s", "prod").returncode == ExitCode.OK
    held = shop(platform, "hold", "on", "-s", "prod", "--reason", "Sales tax", "--allow", "203.0.113.4")
    assert held.returncode == ExitCode.OK, held.stderr
    assert answers(platform) == ARMED
    status = shop(platform, "status", "-s", "prod")
    assert status.returncode == ExitCode.FAILED
    assert "The shop is held." in status.stdout

    # `pulumi up` in the middle changes none of it.
    platform.pulumi("up", "--yes", "--skip-preview", "-s", "prod", "--expect-no-changes")
    assert answers(platform) == ARMED

    assert shop(platform, "hold", "off", "-s", "prod", "--reason", "Done").returncode == ExitCode.OK
    assert answers(platform) == DISARMED
    first, *_, last = shop(platform, "history", "-s", "prod").stdout.splitlines()
    assert first.endswith("done. Sales tax")
    assert last.endswith("done. Done")
    journal = shop(platform, "history", "-s", "prod", last.split()[3].rstrip(":")).stdout
    assert "intended  hold off" in journal
    assert "done  hold off" in journal


def test_a_release_at_work_is_not_disturbed(platform: Platform) -> None:
    bucket, _, prefix = platform.outputs("prod")["releases"].removeprefix("s3://").partition("/")
    s3, key = platform.client("s3"), f"{prefix}lock.json"
    free = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    held = {**json.loads(free), "release": "r7", "who": "arn:ada", "host": "rundeck", "is_free": False}
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(held).encode())
    try:
        refused = shop(platform, "hold", "on", "-s", "prod", "--reason", "Sales tax")
        assert refused.returncode == ExitCode.LOCKED
        assert "The lock is held by release r7, by arn:ada on rundeck" in refused.stderr
        assert answers(platform) == DISARMED
        assert shop(platform, "unlock", "-s", "prod", "--release", "r7").returncode == ExitCode.LOCKED
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=free)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--allow", "203.0.113"), "--allow: got '203.0.113', expected an IPv4 address or network"),
        (("--allow", "203.0.113.4/24"), "has host bits set"),
        (tuple(f"--allow=203.0.113.{number}" for number in range(5)), "got 5 networks, expected at most 4"),
        (("--page", "no/such.html"), "no/such.html: No such file or directory"),
    ],
)
def test_bad_input_changes_nothing(platform: Platform, arguments: tuple[str, ...], says: str) -> None:
    refused = shop(platform, "hold", "on", "-s", "prod", "--reason", "Sales tax", *arguments)
    assert refused.returncode in (ExitCode.FAILED, ExitCode.COULD_NOT_RUN)
    assert says in refused.stderr
    assert answers(platform) == DISARMED


def test_a_stack_that_is_not_there_is_named(platform: Platform) -> None:
    refused = shop(platform, "status", "-s", "nosuch")
    assert refused.returncode != ExitCode.OK
    assert "nosuch" in refused.stderr
    assert "Traceback" not in refused.stderr
