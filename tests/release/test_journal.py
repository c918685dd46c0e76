"""The journal of a release, on the embedded AWS's S3."""

from __future__ import annotations

import base64
import html
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from commands.errors import CannotRunError
from release.bundle import PLATFORM_CONFIG
from release.errors import LockLostError, RefusedError, ReleaseError
from release.frozen_plan import FrozenPlan, Version
from release.journal import Event, Journal, names
from release.kinds import Kind
from release.redaction import Redaction
from release.steps import STEPS
from sandbox.emulator.in_process import client
from tests.release.conftest import BUCKET
from tests.release.test_lock import S3

PREFIX = "prod/releases/r1/"
PLAN = {"release": "r1", "steps": [{"name": "snapshot"}, {"name": "deploy"}]}
NOTHING = Redaction()


def begun(s3: Any, redaction: Redaction = NOTHING) -> Journal:
    return Journal.begin(s3, BUCKET, PREFIX, PLAN, redaction)


def read(s3: Any) -> Journal:
    return Journal.read(s3, BUCKET, PREFIX, NOTHING)


def test_what_was_written_is_read_again(s3: Any) -> None:
    journal = begun(s3)
    journal.append(Event.INTENDED, step="snapshot", fence=1)
    journal.append(Event.DONE, step="snapshot", fence=1, request_id="a-1", rows=[1, 2])
    found = read(s3)
    assert found.plan == PLAN
    assert found.records == journal.records
    assert [(each.event, each.step) for each in found.records] == [("intended", "snapshot"), ("done", "snapshot")]
    last = found.last_of("snapshot")
    assert last is not None
    assert last.details == {"request_id": "a-1", "rows": [1, 2]}
    assert found.last_of("deploy") is None


def test_it_goes_on_where_another_process_ended(s3: Any) -> None:
    begun(s3).append(Event.INTENDED, step="snapshot", fence=1)
    found = read(s3)
    found.append(Event.NOTED, fence=2, why="resumed")
    assert [each.number for each in read(s3).records] == [1, 2]


class SmallPages:
    """S3's list, two keys a page instead of 1,000."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def get_paginator(self, operation: str) -> Any:
        paginator = self._s3.get_paginator(operation)
        whole = paginator.paginate
        paginator.paginate = lambda **parameters: whole(**parameters, PaginationConfig={"PageSize": 2})
        return paginator


def test_more_records_than_s3_lists_at_once(s3: Any) -> None:
    journal = begun(s3)
    for number in range(7):
        journal.append(Event.NOTED, fence=1, number=number)
    assert [each.details["number"] for each in read(SmallPages(s3)).records] == list(range(7))


def test_two_processes_cannot_both_go_on(s3: Any) -> None:
    begun(s3)
    one, other = read(s3), read(s3)
    one.append(Event.INTENDED, step="snapshot", fence=1)
    with pytest.raises(LockLostError, match=r"000001\.json"):
        other.append(Event.INTENDED, step="snapshot", fence=2)


def test_a_name_is_used_once(s3: Any) -> None:
    begun(s3).append(Event.INTENDED, step="snapshot", fence=1)
    with pytest.raises(ReleaseError, match="choose another"):
        Journal.begin(s3, BUCKET, PREFIX, {"release": "other"}, NOTHING)


def test_a_lost_answer_is_no_other_process(s3: Any) -> None:
    def twice(write: Callable[[], Any]) -> Any:
        write()
        return write()

    deaf = S3(s3, put_object=twice)
    journal = begun(deaf)
    journal.append(Event.INTENDED, step="snapshot", fence=1)
    assert len(read(s3).records) == 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_changed_record_is_noticed(s3: Any, number: int) -> None:
    journal = begun(s3)
    for each in range(4):
        journal.append(Event.NOTED, fence=1, each=each)
    key = f"{PREFIX}{number:06}.json"
    record = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({**record, "details": {"each": 9}}).encode())
    with pytest.raises(ReleaseError, match=f"{number + 1:06}.json: got a record that does not follow"):
        read(s3)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_record_is_noticed(s3: Any, number: int) -> None:
    journal = begun(s3)
    for each in range(4):
        journal.append(Event.NOTED, fence=1, each=each)
    s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}{number:06}.json")
    with pytest.raises(ReleaseError, match=f"{number + 1:06}.json"):
        read(s3)


def test_a_changed_plan_is_noticed(s3: Any) -> None:
    begun(s3).append(Event.INTENDED, step="snapshot", fence=1)
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}plan.json", Body=b'{"release": "r1", "steps": []}')
    with pytest.raises(ReleaseError, match=r"000001\.json"):
        read(s3)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"number": 1}', b'{"event": "paused"}'])
def test_a_record_of_another_version_of_the_tool_is_refused(s3: Any, body: bytes) -> None:
    begun(s3)
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}000001.json", Body=body)
    with pytest.raises(RefusedError, match=f"{PREFIX}000001.json: got .*, expected a record of this version of the"):
        read(s3)


@pytest.mark.parametrize("change", [{"new": 1}, {"kind": "canary"}, {"steps": [{"name": "fly", "undo": []}]}])
def test_a_plan_of_another_version_of_the_tool_is_refused(change: dict[str, Any]) -> None:
    made = Version(label="r2", release="r2", bundle="s3://b/r2.zip")
    plan = FrozenPlan(
        release="r2",
        kind=Kind.PLAIN,
        reasons=(),
        changes=(),
        against_return=(),
        to=made,
        previous=made,
        facts="",
        steps=STEPS[Kind.PLAIN],
        by="me",
        at="2026-11-26T00:00:00+00:00",
    )
    said = json.loads(plan.to_bytes())
    assert FrozenPlan.from_json(said) == plan
    with pytest.raises(RefusedError, match=r"^plan of release r2, made 2026-11-26.*: got .*, expected one of this ver"):
        FrozenPlan.from_json(said | change)


def test_no_journal_is_said(s3: Any) -> None:
    with pytest.raises(ReleaseError, match="got no journal"):
        read(s3)


def test_no_secret_is_written(s3: Any) -> None:
    secret = "p'w\"d/é-123"
    journal = begun(s3, Redaction.of_values([secret, "ab"]))
    journal.append(
        Event.FAILED,
        step="migrate",
        fence=1,
        output=[f"mysql -p{secret}", {"answer": json.dumps({"password": secret})}],
        **{"of the user ab": secret},
    )
    written = s3.get_object(Bucket=BUCKET, Key=f"{PREFIX}000001.json")["Body"].read().decode()
    assert "d/" not in written
    assert "123" not in written
    assert read(s3).records[0].details["of the user ab"] == "[secret]"


def test_a_secret_is_known_in_each_way_in_which_programs_write_it() -> None:
    """The crypt key without Magento's prefix, a password in a header of HTTP, and where a console breaks a line."""
    key, password = "base64tv7IwpV+jnY76fSEhe/pgyxL", "swordfish-and-chips"
    redaction = Redaction.of_values([key, password])
    assert redaction.text(f"{key[6:]} {json.dumps(key)} {quote(key, safe='')}") == '[secret] "[secret]" [secret]'
    assert redaction.text(json.dumps(key).replace("/", "\\/")) == '"[secret]"'
    for user in ("a", "it", "own"):
        said = redaction.text(base64.b64encode(f"{user}:{password};".encode()).decode())
        assert "[secret]" in said
        assert len(said) < 20
    broken = f"one\n  {password[:9]}   \n  {password[9:]} here\nand more"
    assert redaction.text(broken) == "one\n  [secret] here\nand more"


def test_each_of_several_crypt_keys_is_known() -> None:
    """They are one value with a line each. Programs print one of them."""
    redaction = Redaction.of_values(["the-older-key\nbase64the+newest+key"])
    assert redaction.text("the-older-key, the+newest+key") == "[secret], [secret]"


ODD = """it's <a> "b"/c+d?ef>>é & g"""
WAYS = {
    "as it is": ODD,
    "JSON": json.dumps(ODD),
    "JSON with its own letters": json.dumps(ODD, ensure_ascii=False),
    "an address": quote(ODD, safe=""),
    "a form": quote_plus(ODD),
    "a page": html.escape(ODD).replace("&#x27;", "&#039;"),
    "a shell": "'" + ODD.replace("'", "'\\''") + "'",
    "PHP": "'" + ODD.replace("'", "\\'") + "'",
    "Base64": base64.b64encode(ODD.encode()).decode(),
    "Base64 in an address": base64.urlsafe_b64encode(f"u:{ODD}".encode()).decode(),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_odd_secret_is_known_on_an_instance_and_here(tmp_path: Path, way: str) -> None:
    """The very script that the back office's output goes through, and what the tool prints and writes."""
    script = tmp_path / ".platform/without_secrets.php"
    script.parent.mkdir()
    script.write_text((PLATFORM_CONFIG / "magento/.platform/without_secrets.php").read_text())
    env = tmp_path / "app/etc/env.php"
    env.parent.mkdir(parents=True)
    quoted = ODD.replace("'", "\\'")
    env.write_text(f"<?php return ['password' => '{quoted}'];")
    said = f"It said {WAYS[way]} there."
    ran = subprocess.run(["php", str(script)], input=said, capture_output=True, text=True, check=True)
    for left in (ran.stdout, Redaction.of_values([ODD]).text(said)):
        assert left.startswith("It said ")
        assert left.endswith(" there.")
        assert left.count("[secret]") == 1
        # Of Base64, what a neighbour has a part in is left.
        assert len(left) < len("It said  there.[secret]") + 8


def test_the_releases_of_an_environment(s3: Any) -> None:
    for name in ("b", "a"):
        Journal.begin(s3, BUCKET, f"prod/releases/{name}/", PLAN, NOTHING)
    assert names(s3, BUCKET, "prod/releases/") == ["a", "b"]


def test_a_stacks_secrets_are_known_by_their_values(embedded_aws: None) -> None:
    """All of them, and no ordinary word: what they belong to is not secret, and another stack's are not read."""
    secretsmanager = client("secretsmanager", "eu-west-3")
    made = {
        "database": ("prod", json.dumps({"host": "db.client.url", "username": "magento", "password": "swordfish"})),
        "crypt": ("prod", json.dumps({"crypt_key": "base64c3F1aXJyZWw="})),
        "key": ("prod", "plain-text-key"),
        "other": ("preprod", json.dumps({"password": "open-sesame"})),
    }
    arns = {
        name: secretsmanager.create_secret(
            Name=name,
            SecretString=value,
            Tags=[{"Key": "Client", "Value": "client"}, {"Key": "Environment", "Value": environment}],
        )["ARN"]
        for name, (environment, value) in made.items()
    }
    redaction = Redaction.of_stack(secretsmanager, arns["crypt"])
    said = "magento at db.client.url: swordfish, base64c3F1aXJyZWw=, plain-text-key, open-sesame"
    assert redaction.text(said) == "magento at db.client.url: [secret], [secret], [secret], open-sesame"


def test_a_secret_that_lost_a_tag_is_named(embedded_aws: None) -> None:
    """Without its tags it is not known which secrets are the stack's, and one could be printed."""
    secretsmanager = client("secretsmanager", "eu-west-3")
    tags = [{"Key": "Client", "Value": "client"}]
    arn = secretsmanager.create_secret(Name="crypt", SecretString="squirrel", Tags=tags)["ARN"]
    with pytest.raises(CannotRunError, match=f"{arn}: got no tag Environment, expected the tags of its stack"):
        Redaction.of_stack(secretsmanager, arn)
