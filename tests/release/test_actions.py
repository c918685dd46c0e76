"""What each action asks of instances, held against the documents of the stack."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Network
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.site.release_documents import DOCUMENTS
from release.actions import Actions
from release.beanstalk import COMMAND, Environment, Instance, deploy, register
from release.errors import LockLostError, ReleaseError
from release.frozen_plan import FrozenPlan, Version
from release.hold import SETTLE_SECONDS, Scope
from release.journal import Note
from release.kinds import Kind
from release.lock import Check
from release.site import Satellite
from release.steps import STEPS, Action
from tests.release.deployed_site import NOT_INSTALLED

SENT = {
    Action.STAGE: ["stage-candidate", "place-statics"],
    Action.PAUSE_WRITERS: ["stage-candidate", "pause-writers"],
    Action.RESUME_WRITERS: ["resume-writers"],
    Action.MIGRATE: ["stage-candidate", "pause-writers", "migrate"],
    Action.ASK_PREVIOUS: ["await-migration", "stage-candidate", "ask-previous"],
    Action.VERIFY_BACK_OFFICE: ["verify-release"],
    Action.VERIFY_FRONT: ["verify-release"] * 2,
    Action.VERIFY_EVERYWHERE: ["verify-release"] * 3,
}
BROUGHT_UP_TO_DATE = ["await-migration", *SENT[Action.MIGRATE]]
OLD = Version(label="old", release="old", bundle="s3://elasticbeanstalk-eu-west-3-123456789012/shop/old.zip")
UPDATED = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
NEW = Version(label="new", release="new", bundle="s3://client-releases/shop/bundles/new.zip", sha256="0" * 64)


@dataclass
class Sent:
    """Documents that an instance was told to run, each with all its parameters."""

    documents: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    instance_id: str = "i-1"
    waited: list[int] = field(default_factory=list)
    """How many documents had been sent whenever somebody waited for one."""

    def send(self, document: str, **parameters: str) -> Any:
        self.documents.append((document, parameters))
        return SimpleNamespace(instance=self, command_id=f"c-{len(self.documents)}", wait=self._wait)

    def _wait(self) -> str:
        self.waited.append(len(self.documents))
        return ""

    def do(self, document: str, **parameters: str) -> str:
        self.send(document, **parameters)
        return ""


class Pim(Satellite):
    """A satellite whose one instance is `sent`."""

    def __init__(self, sent: Sent) -> None:
        object.__setattr__(self, "sent", sent)

    @property
    def environment(self) -> Any:
        instances = [Instance(id="i-1", version_label="new", status="Deployed")]
        return SimpleNamespace(name="client-prod-pim", instances=lambda: instances)

    @property
    def health_check_path(self) -> str:
        return "/user/login"

    def instance(self, instance_id: str) -> Any:
        return vars(self)["sent"]


def actions(sent: Sent) -> Actions:
    def environment(name: str, count: int) -> Any:
        instances = [Instance(id=f"{name}-{each}", version_label="new", status="Deployed") for each in range(count)]
        return SimpleNamespace(name=name, instances=lambda: instances)

    site = SimpleNamespace(
        back_office=environment("back-office", 1),
        front=environment("front", 2),
        back_office_instance=sent,
        instance=lambda _: sent,
        host_name="client.url",
        hold=SimpleNamespace(args=SimpleNamespace(back_office_path="backend")),
    )
    plan = FrozenPlan(
        release="new",
        kind=Kind.HELD,
        reasons=(),
        changes=(),
        against_return=(),
        to=NEW,
        previous=OLD,
        facts="",
        steps=STEPS[Kind.HELD],
        by="me",
        at="2026-11-26T00:00:00+00:00",
    )
    return Actions(site=site, plan=plan, fence=7, began=5, failures={"migrate": 2})  # type: ignore[arg-type]


@pytest.mark.parametrize("action", SENT)
def test_a_document_gets_the_parameters_that_it_has(action: Action) -> None:
    known = {each.name: each for each in DOCUMENTS}
    sent = Sent()
    actions(sent).do(action)
    assert [name for name, _ in sent.documents] == SENT[action]
    for name, parameters in sent.documents:
        expected = known[name].parameters.keys() | ({"Fence"} if known[name].is_fenced else set())
        assert parameters.keys() == expected, name
        for parameter, value in parameters.items():
            pattern = r"[0-9]{1,9}" if parameter == "Fence" else known[name].parameters[parameter].allowed
            assert re.fullmatch(pattern, value), (name, parameter, value)


def test_a_satellite_is_asked_for_the_page_that_its_load_balancer_asks_for() -> None:
    sent = Sent()
    of_the_shop = actions(sent)
    of_pim = Actions(site=Pim(sent), plan=of_the_shop.plan, fence=7, began=5)
    of_pim.do(Action.VERIFY_SATELLITE)
    assert sent.documents == [("verify-satellite", {"Release": "new", "Page": "/user/login"})]
    (document,) = [each for each in DOCUMENTS if each.name == "verify-satellite"]
    assert document.parameters.keys() == {"Release", "Page"}
    assert re.fullmatch(document.parameters["Page"].allowed, "/user/login")


def test_a_migration_that_failed_is_started_again() -> None:
    """In the same release, and when it is deployed anew after it was taken back."""
    sent = Sent()
    actions(sent).do(Action.MIGRATE)
    assert sent.documents[-1] == ("migrate", {"Fence": "7", "Release": "new", "Attempt": "5003"})
    replace(actions(sent), began=7, failures={}).do(Action.MIGRATE)
    assert sent.documents[-1] == ("migrate", {"Fence": "7", "Release": "new", "Attempt": "7001"})


def test_a_plan_that_is_carried_out_again_has_a_snapshot_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the first time is too old: the orders since are not in it."""
    made: list[str] = []
    monkeypatch.setattr("release.snapshots.make", lambda _rds, _database, attempt, **_: made.append(attempt))
    of_the_release = actions(Sent())
    monkeypatch.setattr(of_the_release.site, "session", SimpleNamespace(client=lambda _: None), raising=False)
    monkeypatch.setattr(of_the_release.site, "database", "db", raising=False)
    for began, fence in ((5, 5), (5, 6), (7, 7)):
        replace(of_the_release, began=began, fence=fence).do(Action.MAKE_SNAPSHOT)
    first, resumed, again = made
    assert first == resumed != again


@dataclass
class Installing(Sent):
    """An instance on which another process has begun to install Magento. It takes a few looks."""

    looks: int = 3
    key: str = "fits"

    def do(self, document: str, **parameters: str) -> str:
        super().do(document, **parameters)
        self.looks -= 1
        done = {"tables": 300, "modules": 80, "administrators": 1, "key": self.key}
        return json.dumps({**NOT_INSTALLED, **({"running": True} if self.looks else done)})


def first(sent: Sent) -> Actions:
    """The actions of a first release."""
    of_a_release = actions(sent)
    return replace(of_a_release, plan=replace(of_a_release.plan, kind=Kind.FIRST, steps=STEPS[Kind.FIRST]), failures={})


def test_an_installation_whose_process_was_killed_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on by itself. A second one is not begun, and its database is looked at as one that was there before."""
    monkeypatch.setattr("release.polling.time.sleep", lambda _: None)
    sent = Installing()
    found = first(sent).do(Action.INSTALL)
    assert "Magento is installed already" in found["found"]
    assert [name for name, _ in sent.documents] == ["look-for-magento"] * 3 + BROUGHT_UP_TO_DATE


def test_a_shop_that_is_there_before_the_first_release_is_brought_up_to_date() -> None:
    """Its database may be older than the release. A first release that was taken back may be changing it still: what is
    unpacked for that stays until it is done."""
    sent = Installing(looks=1)
    first(sent).do(Action.INSTALL)
    assert [name for name, _ in sent.documents] == ["look-for-magento", *BROUGHT_UP_TO_DATE]
    assert sent.documents[-1] == ("migrate", {"Fence": "7", "Release": "new", "Attempt": "5001"})


def test_a_first_release_that_failed_to_change_the_database_tries_again() -> None:
    """An attempt of the same number would only say again how it ended. A process that was killed has not failed: the
    next one waits for what it has begun."""
    for failures, attempt in (({}, "5001"), ({"install": 2}, "5003")):
        sent = Installing(looks=1)
        replace(first(sent), failures=failures).do(Action.INSTALL)
        assert sent.documents[-1] == ("migrate", {"Fence": "7", "Release": "new", "Attempt": attempt})


def test_a_shop_with_another_key_is_not_changed() -> None:
    sent = Installing(looks=1, key="other")
    with pytest.raises(ReleaseError, match=r"encrypted with another key.* site\.crypt_key_secret, "):
        first(sent).do(Action.INSTALL)
    assert [name for name, _ in sent.documents] == ["look-for-magento"]


def test_before_the_first_release_nothing_is_unpacked_to_pause_cron() -> None:
    """There is no shop on the instance yet. A database that holds one has its jobs ended when it is changed."""
    sent = Installing(looks=1)
    of_the_release = first(sent)
    of_the_release.do(Action.PAUSE_WRITERS)
    assert sent.documents == [("pause-writers", {"Fence": "7", "Release": "new"})]
    of_the_release.do(Action.INSTALL)
    assert [name for name, _ in sent.documents][2:] == BROUGHT_UP_TO_DATE


def test_the_release_that_ran_before_is_staged_to_be_asked() -> None:
    """Another tool may have deployed it: nobody knows the digest of its bundle."""
    sent = Sent()
    actions(sent).do(Action.ASK_PREVIOUS)
    assert sent.documents[1] == (
        "stage-candidate",
        {"Fence": "7", "Release": "old", "Bundle": OLD.bundle, "Sha256": "unknown"},
    )


def test_every_document_that_changes_something_is_fenced() -> None:
    """All but those that only look. What check-copy makes is a directory of its own, which it removes."""
    unfenced = {each.name for each in DOCUMENTS if not each.is_fenced}
    assert unfenced == {
        "ask-candidate",
        "verify-release",
        "verify-satellite",
        "check-copy",
        "check-instance",
        "show-engine-log",
        "look-for-magento",
    }


@pytest.mark.parametrize("action", SENT)
def test_each_command_is_noted_before_it_is_waited_for(action: Action) -> None:
    """A process that is killed while it waits would take the id with it."""
    sent, noted = Sent(), list[tuple[str, str, int]]()

    def note(*, document: str, commands: Mapping[str, str]) -> None:
        noted.extend((document, each, len(sent.waited)) for each in commands.values())

    actions(sent).do(action, note)
    # Commands to one instance have one entry: the fake instances of a verification are all the same one.
    assert [document for document, _, _ in noted] == list(dict.fromkeys(SENT[action]))
    assert all(command in {f"c-{number}" for number in range(1, len(sent.documents) + 1)} for _, command, _ in noted)
    assert [waited for _, _, waited in noted] == list(range(len(noted)))


@dataclass
class Beanstalk:
    """A client of Beanstalk, whose environments are at once what they are told to be."""

    labels: dict[str, str] = field(default_factory=lambda: {"front": "old", "back-office": "new"})
    policies: dict[str, str] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: int = 0
    """How many answers are lost. boto3 repeats the call, and gets the second answer."""
    status: str = "Ready"
    """Of what is described next. After that, it is ready."""

    def describe_environments(self, *, EnvironmentNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        (name,) = EnvironmentNames
        found = {
            "Status": self.status,
            "ApplicationName": "shop",
            "VersionLabel": self.labels[name],
            "DateUpdated": UPDATED,
        }
        self.status = "Ready"
        return {"Environments": [found]}

    def describe_instances_health(self, *, EnvironmentName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        deployment = {"VersionLabel": self.labels[EnvironmentName], "Status": "Deployed"}
        return {"InstanceHealthList": [{"InstanceId": f"i-{EnvironmentName}", "Deployment": deployment}]}

    def describe_environment_resources(self, *, EnvironmentName: str) -> dict[str, Any]:  # noqa: N803
        return {"EnvironmentResources": {"Instances": [{"Id": f"i-{EnvironmentName}"}]}}

    def describe_events(self, *, EnvironmentName: str, MaxRecords: int) -> dict[str, Any]:  # noqa: N803
        return {"Events": [{"Message": f"Newest of {EnvironmentName}."}][:MaxRecords]}

    def describe_configuration_settings(self, *, EnvironmentName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        policy = {"Namespace": COMMAND, "OptionName": "DeploymentPolicy"}
        policy["Value"] = self.policies.get(EnvironmentName, "Rolling")
        return {"ConfigurationSettings": [{"OptionSettings": [policy]}]}

    def update_environment(self, *, EnvironmentName: str, **change: Any) -> dict[str, Any]:  # noqa: N803
        if "VersionLabel" in change:
            self.labels[EnvironmentName] = change["VersionLabel"]
        for each in change.get("OptionSettings", ()):
            self.policies[EnvironmentName] = each["Value"]
        if self.lost:
            self.lost, self.status = self.lost - 1, "Updating"
            raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "UpdateEnvironment")
        return {"ResponseMetadata": {"RequestId": f"request-{EnvironmentName}"}}

    def describe_application_versions(self, *, VersionLabels: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        found = [{"SourceBundle": self.versions[each]} for each in VersionLabels if each in self.versions]
        return {"ApplicationVersions": found}

    def create_application_version(self, **given: Any) -> None:
        self.versions[given["VersionLabel"]] = given["SourceBundle"]
        if self.lost:
            self.lost -= 1
            message = "Application Version already exists."
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": message}}, "Create")


def test_an_answer_that_was_lost_does_not_fail_a_step() -> None:
    """AWS did it, and refuses the call that boto3 repeats."""
    client = Beanstalk(lost=1)
    assert register(client, "shop", label="new", bucket="b", key="new.zip", description="")
    assert not register(client, "shop", label="new", bucket="b", key="new.zip", description="")
    client.lost = 1
    Environment(beanstalk=client, name="front").set_policy("AllAtOnce", time.monotonic() + 60)
    assert (client.policies, client.lost) == ({"front": "AllAtOnce"}, 0)
    client.lost = 1
    assert deploy([Environment(beanstalk=client, name="front")], "new", seconds=60) == ["i-front"]


def test_what_beanstalk_refuses_otherwise_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Beanstalk()

    def refused(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "Any")

    monkeypatch.setattr(client, "create_application_version", refused)
    monkeypatch.setattr(client, "update_environment", refused)
    with pytest.raises(ClientError):
        register(client, "shop", label="new", bucket="b", key="new.zip", description="")
    with pytest.raises(ClientError):
        Environment(beanstalk=client, name="front").set_policy("AllAtOnce", time.monotonic() + 60)


def test_a_policy_that_beanstalk_does_not_take_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Beanstalk()
    monkeypatch.setattr(client, "update_environment", lambda **_: {})
    with pytest.raises(ReleaseError, match="environment front: got DeploymentPolicy Rolling, expected AllAtOnce"):
        Environment(beanstalk=client, name="front").set_policy("AllAtOnce", time.monotonic() + 60)


def test_what_somebody_else_updates_meanwhile_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as options, by `pulumi up`: AWS refuses a second update, and the version is still to be deployed."""
    client, refused = Beanstalk(), list[str]()
    update = client.update_environment

    def once_refused(**given: str) -> dict[str, Any]:
        if refused:
            return update(**given)
        refused.append(given["EnvironmentName"])
        monkeypatch.setattr(client, "status", "Updating")
        raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "UpdateEnvironment")

    monkeypatch.setattr(client, "update_environment", once_refused)
    assert deploy([Environment(beanstalk=client, name="front")], "new", seconds=60) == ["i-front"]
    assert refused == ["front"]
    assert client.labels["front"] == "new"


def test_who_slept_while_another_process_went_on_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop is shut during a deployment. The release is taken back from elsewhere, and then the laptop wakes up: its
    version is not on every instance, and is not deployed once more."""
    client, taken = Beanstalk(), list[bool]()

    def check() -> None:
        if taken:
            raise LockLostError("The lock is held by another process.")

    def taken_back(_environment: Environment, _label: str, _deadline: float) -> list[Instance]:
        taken.append(True)
        client.labels["front"] = "old"
        return [Instance(id="i-front", version_label="old", status="Deployed")]

    monkeypatch.setattr("release.beanstalk._left_behind", taken_back)
    front = Environment(beanstalk=client, name="front")
    with pytest.raises(LockLostError):
        deploy([front], "new", seconds=60, check=check)
    with pytest.raises(LockLostError):
        front.set_policy("AllAtOnce", time.monotonic() + 60, check=check)
    assert (client.labels["front"], client.policies) == ("old", {})


def test_an_update_is_noted_with_its_request_and_the_time_of_its_events() -> None:
    """Only of an environment that is updated."""
    client, noted = Beanstalk(), list[Mapping[str, Any]]()
    environments = [Environment(beanstalk=client, name=name) for name in ("front", "back-office")]
    deploy(environments, "new", seconds=60, note=lambda **details: noted.append(details))
    assert noted == [
        {
            "updates": [
                {"environment": "front", "request_id": "request-front", "events_since": "2026-11-26T03:00:00+00:00"}
            ]
        }
    ]


def test_who_waits_for_a_deployment_sees_beanstalks_newest_event() -> None:
    """And a log, which nobody waits for, asks for none: `happens` is None by default."""
    client, seen = Beanstalk(), list[str]()
    deploy([Environment(beanstalk=client, name="front")], "new", seconds=60, happens=seen.append)
    assert set(seen) == {"front: Newest of front."}


def test_all_instances_are_verified_at_once() -> None:
    """One after another, it was a third of the time in which the shop was held."""
    sent = Sent()
    actions(sent).do(Action.VERIFY_EVERYWHERE)
    assert sent.waited == [3, 3, 3]


def test_a_release_is_unpacked_once_on_an_instance() -> None:
    sent = Sent()
    release = actions(sent)
    for action in (Action.STAGE, Action.PAUSE_WRITERS, Action.MIGRATE):
        release.do(action)
    assert [name for name, _ in sent.documents] == ["stage-candidate", "place-statics", "pause-writers", "migrate"]


def test_it_is_unpacked_again_on_another_instance_and_after_the_other_release() -> None:
    sent = Sent()
    release = actions(sent)
    release.do(Action.PAUSE_WRITERS)
    sent.instance_id = "i-2"
    release.do(Action.MIGRATE)
    assert [name for name, _ in sent.documents].count("pause-writers") == 2
    release.do(Action.ASK_PREVIOUS)
    release.do(Action.MIGRATE)
    staged = [parameters["Release"] for name, parameters in sent.documents if name == "stage-candidate"]
    assert staged == ["new", "new", "old", "new"]


@pytest.mark.parametrize("usual", ["Rolling", "RollingWithAdditionalBatch"])
def test_a_held_release_spares_the_back_office_the_waits_of_a_rolling_deployment(
    usual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be three minutes more in which the shop is held: draining, and good checks for two minutes. Afterwards
    each environment deploys as the stack says."""
    policies: dict[str, str] = {}
    held = actions(Sent())

    def setting(name: str) -> Callable[[str, float, Note, Check], None]:
        return lambda policy, _deadline, _note, _check: policies.update({name: policy})

    for environment, policy in ((held.site.front, "Rolling"), (held.site.back_office, usual)):
        monkeypatch.setattr(environment, "set_policy", setting(environment.name), raising=False)
        monkeypatch.setattr(environment, "policy_of_stack", policy, raising=False)
    held.do(Action.DEPLOY_ALL_AT_ONCE)
    assert policies == {"front": "AllAtOnce", "back-office": "AllAtOnce"}
    held.do(Action.DEPLOY_ROLLING)
    assert policies == {"front": "Rolling", "back-office": usual}


def test_instances_are_deployed_to_at_once_also_after_a_refresh_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulumi up --refresh` during the migration sets `Rolling` again."""
    done: list[str] = []
    held = actions(Sent())
    for environment in (held.site.front, held.site.back_office):
        monkeypatch.setattr(environment, "set_policy", lambda policy, *_: done.append(policy), raising=False)
    monkeypatch.setattr("release.beanstalk.deploy", lambda *_, **__: done.append("deployed"))
    for action in (Action.DEPLOY_EVERYWHERE, Action.RETURN_EVERYWHERE):
        done.clear()
        held.do(action)
        assert done == ["AllAtOnce", "AllAtOnce", "deployed"]


@pytest.mark.parametrize(
    ("action", "scope"), [(Action.HOLD_SHOP, Scope.SITE), (Action.HOLD_BACK_OFFICE, Scope.BACK_OFFICE)]
)
def test_nothing_goes_on_until_the_load_balancer_holds_everybody(
    action: Action, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is done some seconds after the rules are armed, not before. Whom the plan allows is let through."""
    seen: list[object] = []
    held = actions(Sent())
    held = replace(held, plan=replace(held.plan, allowed=("203.0.113.4/32",)))

    def arm(scope: Scope, allowed: tuple[IPv4Network, ...], check: Check) -> None:
        seen.append((scope, allowed, check))

    hold = SimpleNamespace(arm=arm, state=lambda: ["everyone-else"])
    monkeypatch.setattr(held.site, "hold", hold)
    monkeypatch.setattr("release.actions.time.sleep", seen.append)
    held.do(action)
    assert seen == [(scope, (IPv4Network("203.0.113.4/32"),), held.check), SETTLE_SECONDS]
