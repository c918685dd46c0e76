"""What each action asks of instances, held against the documents of the stack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from types import SimpleNamespace
from typing import Any

import pytest

from components.site.release_documents import DOCUMENTS
from release.actions import Actions
from release.beanstalk import Instance
from release.frozen_plan import FrozenPlan, Version
from release.hold import SETTLE_SECONDS, Scope
from release.kinds import Kind
from release.site import Satellite
from release.steps import STEPS, Action

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
OLD = Version(label="old", release="old", bundle="s3://elasticbeanstalk-eu-west-3-123456789012/shop/old.zip")
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
        return SimpleNamespace(instance=self, command_id="c-1", wait=self._wait)

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
    return Actions(site=site, plan=plan, fence=7, failures={"migrate": 2})  # type: ignore[arg-type]


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
    of_pim = Actions(site=Pim(sent), plan=of_the_shop.plan, fence=7)
    of_pim.do(Action.VERIFY_SATELLITE)
    assert sent.documents == [("verify-satellite", {"Release": "new", "Page": "/user/login"})]
    (document,) = [each for each in DOCUMENTS if each.name == "verify-satellite"]
    assert document.parameters.keys() == {"Release", "Page"}
    assert re.fullmatch(document.parameters["Page"].allowed, "/user/login")


def test_a_migration_that_failed_is_started_again() -> None:
    sent = Sent()
    actions(sent).do(Action.MIGRATE)
    assert sent.documents[-1] == ("migrate", {"Fence": "7", "Release": "new", "Attempt": "3"})


def test_the_release_that_ran_before_is_staged_to_be_asked() -> None:
    """Another tool may have deployed it: nobody knows the digest of its bundle."""
    sent = Sent()
    actions(sent).do(Action.ASK_PREVIOUS)
    assert sent.documents[1] == ("stage-candidate", {"Release": "old", "Bundle": OLD.bundle, "Sha256": "unknown"})


def test_every_document_that_changes_something_is_fenced() -> None:
    """All but those that only look, and the installation, which has a lock of its own in the database."""
    unfenced = {each.name for each in DOCUMENTS if not each.is_fenced}
    assert unfenced == {
        "stage-candidate",
        "ask-candidate",
        "await-migration",
        "verify-release",
        "verify-satellite",
        "check-copy",
        "scrub-copy",
        "check-instance",
        "show-engine-log",
        "look-for-magento",
        "install-magento",
    }


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

    def setting(name: str) -> Callable[[str, float], None]:
        return lambda policy, _: policies.update({name: policy})

    for environment, policy in ((held.site.front, "Rolling"), (held.site.back_office, usual)):
        monkeypatch.setattr(environment, "set_policy", setting(environment.name), raising=False)
        monkeypatch.setattr(environment, "policy_of_stack", policy, raising=False)
    held.do(Action.DEPLOY_ALL_AT_ONCE)
    assert policies == {"front": "AllAtOnce", "back-office": "AllAtOnce"}
    held.do(Action.DEPLOY_ROLLING)
    assert policies == {"front": "Rolling", "back-office": usual}


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
    hold = SimpleNamespace(arm=lambda scope, allowed: seen.append((scope, allowed)), state=lambda: ["everyone-else"])
    monkeypatch.setattr(held.site, "hold", hold)
    monkeypatch.setattr("release.actions.time.sleep", seen.append)
    held.do(action)
    assert seen == [(scope, (IPv4Network("203.0.113.4/32"),)), SETTLE_SECONDS]
