"""The maintenance hold, on the embedded AWS's load balancer: who is answered by what, after each call to AWS."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from release.errors import LockLostError, ReleaseError
from release.hold import DISARMED, EVERYONE_ELSE, RULES, Hold, HoldArgs, Scope
from sandbox.emulator.in_process import client
from tests.release.conftest import REGION

HOSTS = ("client.url", "www.client.url")
OFFICE, SHOPPER = "203.0.113.9", "198.51.100.7"
ALLOWED = (IPv4Network("203.0.113.0/28"),)
BACK_OFFICE_PATHS = ["/backend*"]


class Site:
    """A load balancer with the rules of two environments and of a disarmed hold."""

    def __init__(self) -> None:
        ec2, self.elbv2 = client("ec2", REGION), client("elbv2", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
                "SubnetId"
            ]
            for number, zone in enumerate("ab")
        ]
        balancer = self.elbv2.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        self.listener: str = self.elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Listeners"][0]["ListenerArn"]
        never = [{"Field": "host-header", "HostHeaderConfig": {"Values": [DISARMED]}}]
        page = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
        self.rules = {name: self._rule(number, never, page) for number, name in enumerate(RULES, start=1)}
        hosts = {"Field": "host-header", "HostHeaderConfig": {"Values": [*HOSTS, "origin.client.url"]}}
        office = {"Field": "host-header", "HostHeaderConfig": {"Values": HOSTS[:1]}}
        paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": BACK_OFFICE_PATHS}}
        self.groups = {
            self._environment(vpc, "client-prod-back-office", 10, [office, paths]): "back office",
            self._environment(vpc, "client-prod-front", 11, [hosts]): "front",
        }
        self.hold = Hold(
            elbv2=self.elbv2,
            args=HoldArgs(
                rules=self.rules,
                host_names=HOSTS,
                back_office_path="backend",
                front_environment="client-prod-front",
                back_office_environment="client-prod-back-office",
            ),
        )

    def _rule(self, priority: int, conditions: list[Any], action: dict[str, Any], **more: Any) -> str:
        made = self.elbv2.create_rule(
            ListenerArn=self.listener, Priority=priority, Conditions=conditions, Actions=[action], **more
        )
        return str(made["Rules"][0]["RuleArn"])

    def _environment(self, vpc: str, name: str, priority: int, conditions: list[Any]) -> str:
        group = self.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
        arn: str = group["TargetGroups"][0]["TargetGroupArn"]
        tags = [{"Key": "elasticbeanstalk:environment-name", "Value": name}]
        self._rule(priority, conditions, {"Type": "forward", "TargetGroupArn": arn}, Tags=tags)
        return arn

    def answer(self, path: str, source: str = SHOPPER, host: str = "client.url") -> str:
        """What answers a request: `front`, `back office`, or the status of a fixed response."""
        rules = self.elbv2.describe_rules(ListenerArn=self.listener)["Rules"]
        action = next(each["Actions"][0] for each in rules if matches(each["Conditions"], path, source, host))
        fixed = action.get("FixedResponseConfig")
        return str(fixed["StatusCode"]) if fixed else self.groups[action["TargetGroupArn"]]

    def page(self) -> str:
        """The text of the page that shoppers get."""
        rule = self.elbv2.describe_rules(RuleArns=[self.rules[EVERYONE_ELSE]])["Rules"][0]
        return str(rule["Actions"][0]["FixedResponseConfig"]["MessageBody"])

    def after_each_change(self, act: Callable[[], None]) -> Iterator[dict[str, str]]:
        """Do something, and say who is answered by what before the first call and after each."""
        seen = [self.everyone()]
        event = "after-call.elastic-load-balancing-v2.ModifyRule"

        def look(**_event: Any) -> None:
            seen.append(self.everyone())

        self.elbv2.meta.events.register(event, look)
        try:
            act()
        finally:
            self.elbv2.meta.events.unregister(event, look)
        yield from seen

    def everyone(self) -> dict[str, str]:
        """A request of each kind, and what answers it."""
        return {
            "shopper": self.answer("/women.html"),
            "shopper at www": self.answer("/", host="www.client.url"),
            "shopper at the back office": self.answer("/backend/admin"),
            "CloudFront": self.answer("/static/version1/a.css", host="origin.client.url"),
            "office": self.answer("/women.html", OFFICE),
            "office at the back office": self.answer("/backend", OFFICE),
        }


OPEN = {
    "shopper": "front",
    "shopper at www": "front",
    "shopper at the back office": "back office",
    "CloudFront": "front",
    "office": "front",
    "office at the back office": "back office",
}
HELD = {**OPEN, "shopper": "503", "shopper at www": "503", "shopper at the back office": "503"}


def matches(conditions: list[dict[str, Any]], path: str, source: str, host: str) -> bool:
    """Whether a request meets all conditions of a rule."""

    def one(condition: dict[str, Any]) -> bool:
        match condition["Field"]:
            case "host-header":
                return host in condition["HostHeaderConfig"]["Values"]
            case "path-pattern":
                return any(fnmatch.fnmatch(path, value) for value in condition["PathPatternConfig"]["Values"])
            case "source-ip":
                return any(IPv4Address(source) in IPv4Network(value) for value in condition["SourceIpConfig"]["Values"])
        raise AssertionError(condition)

    return all(map(one, conditions))


@pytest.fixture
def site(embedded_aws: None) -> Site:
    return Site()


def test_a_disarmed_hold_holds_nobody(site: Site) -> None:
    assert site.everyone() == OPEN
    assert site.hold.state() == frozenset()


@pytest.mark.row(21)
def test_an_armed_hold_answers_everyone_but_the_allowed_and_cloudfront(site: Site) -> None:
    site.hold.arm(Scope.SITE, allowed=ALLOWED)
    assert site.everyone() == HELD
    assert site.hold.scope() is Scope.SITE
    assert 'http-equiv="refresh"' in site.page()
    site.hold.disarm()
    assert site.everyone() == OPEN
    assert site.hold.scope() is None


def test_without_allowed_addresses_it_answers_everyone(site: Site) -> None:
    site.hold.arm(Scope.SITE)
    assert site.everyone() == {**HELD, "office": "503", "office at the back office": "503"}


def test_the_back_office_alone_is_held(site: Site) -> None:
    site.hold.arm(Scope.BACK_OFFICE, allowed=ALLOWED)
    assert site.everyone() == {**OPEN, "shopper at the back office": "503"}
    assert site.hold.scope() is Scope.BACK_OFFICE


@pytest.mark.parametrize("begin", [Scope.SITE, Scope.BACK_OFFICE, None])
@pytest.mark.parametrize("end", [Scope.SITE, Scope.BACK_OFFICE, None])
def test_after_each_call_the_allowed_see_the_shop_and_shoppers_no_half_of_it(
    site: Site, begin: Scope | None, end: Scope | None
) -> None:
    """Killed after any call, the rules never hold the allowed, and never let a shopper through that both ends hold."""

    def go_to(scope: Scope | None) -> None:
        site.hold.arm(scope, allowed=ALLOWED) if scope else site.hold.disarm()

    go_to(begin)
    *between, last = site.after_each_change(lambda: go_to(end))
    for seen in (*between, last):
        for who in ("office", "office at the back office", "CloudFront"):
            assert seen[who] == OPEN[who]
        for who, answered in seen.items():
            assert answered in (between[0][who], last[who])
    assert len(between) >= 3


def test_who_lost_the_lock_changes_no_further_rule(site: Site) -> None:
    """A laptop that sleeps between two rules does not hold the shop that another process has opened meanwhile."""
    asked: list[bool] = []

    def check() -> None:
        asked.append(True)
        if len(asked) == len(RULES):
            raise LockLostError("The lock is held by another process.")

    with pytest.raises(LockLostError):
        site.hold.arm(Scope.SITE, allowed=ALLOWED, check=check)
    assert site.everyone() == OPEN
    site.hold.arm(Scope.SITE, allowed=ALLOWED)
    asked.clear()
    asked += [True] * (len(RULES) - 1)
    with pytest.raises(LockLostError):
        site.hold.disarm(check)
    assert site.everyone() == HELD
    site.hold.disarm()


def test_arming_again_takes_the_new_addresses(site: Site) -> None:
    site.hold.arm(Scope.SITE, allowed=ALLOWED)
    site.hold.arm(Scope.SITE, allowed=(IPv4Network("192.0.2.1/32"),))
    assert site.answer("/", OFFICE) == "503"
    assert site.answer("/", "192.0.2.1") == "front"


def test_too_many_addresses_change_nothing(site: Site) -> None:
    """The back office's rule has its path too, and so room for four addresses."""
    networks = [IPv4Network(f"203.0.113.{number}/32") for number in range(5)]
    site.hold.arm(Scope.SITE, allowed=networks[:4])
    site.hold.disarm()
    with pytest.raises(ReleaseError, match="rule allowed-to-back-office of the hold: got 6 values, expected 5 at most"):
        site.hold.arm(Scope.SITE, allowed=networks)
    assert site.hold.state() == frozenset()


def test_too_large_a_page_changes_nothing(site: Site) -> None:
    site.hold.arm(Scope.SITE, page="é" * 512)
    site.hold.disarm()
    with pytest.raises(ReleaseError, match="got 1026 bytes, expected 1024 at most"):
        site.hold.arm(Scope.SITE, page="é" * 513)
    assert site.hold.state() == frozenset()


def test_a_lost_rule_of_beanstalk_is_named_before_anything_is_changed(site: Site) -> None:
    for rule in site.elbv2.describe_rules(ListenerArn=site.listener)["Rules"]:
        if rule["Priority"] == "11":
            site.elbv2.delete_rule(RuleArn=rule["RuleArn"])
    with pytest.raises(ReleaseError, match="got no rule of environment client-prod-front"):
        site.hold.arm(Scope.SITE, allowed=ALLOWED)
    assert site.hold.state() == frozenset()
