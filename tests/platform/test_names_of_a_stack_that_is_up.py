"""Names that change while a stack is up, through the real engine: the site's host names, and records of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.platform import Platform
from settings.standing_rules import REPLACING

pytestmark = pytest.mark.long

_BEFORE, _AFTER = "host_names: [preprod.client.url]", "host_names: [preview.client.url]"
_REPLACE = ("--replace", "**::site-front-environment", "--replace", "**::site-back-office-environment")
_LONG = "v=DKIM1; k=rsa; p=" + "Ab1/" * 100
_RECORDS = f"""\
    records:
      - {{name: client.url, type: MX, values: [10 mx1.mail.example, 20 mx2.mail.example]}}
      - {{name: client.url, type: TXT, values: ["v=spf1 include:mail.example -all", "other=1"]}}
      - {{name: crm._domainkey.client.url, type: TXT, values: ["{_LONG}"]}}
      - {{name: erp.client.url, type: CNAME, values: [erp.example.com], ttl: 300}}
      - {{name: client.url, type: CAA, values: ['0 issue "amazon.com"']}}
"""
_OF_DOMAINS = ("--target", "**::shared-platform-domains-*")


@pytest.fixture
def edited(platform: Platform) -> Iterator[Platform]:
    """The running platform, whose stack files a test may change: they are put back."""
    files = {path: path.read_bytes() for path in platform.project.glob("Pulumi*.yaml")}
    yield platform
    for path, content in files.items():
        path.write_bytes(content)


def hosts_by_rule(platform: Platform) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The paths and host names of the rules of pre-production's environments, in the order in which requests meet
    them."""
    elb, dns_name = platform.client("elbv2"), platform.outputs("preprod")["load_balancer"]
    [balancer] = [each for each in elb.describe_load_balancers()["LoadBalancers"] if each["DNSName"] == dns_name]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    [https] = [each for each in listeners if each["Port"] == 443]
    rules = elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"]
    forwarding = [each for each in rules if not each["IsDefault"] and each["Actions"][0]["Type"] == "forward"]
    return [
        (
            _values(rule, "path-pattern", "PathPatternConfig"),
            _values(rule, "host-header", "HostHeaderConfig"),
        )
        for rule in sorted(forwarding, key=lambda each: int(each["Priority"]))
    ]


def _values(rule: dict[str, Any], field: str, member: str) -> tuple[str, ...]:
    return tuple(value for each in rule["Conditions"] if each["Field"] == field for value in each[member]["Values"])


def names_of(platform: Platform, zone: str) -> dict[tuple[str, str], list[str]]:
    route53 = platform.client("route53")
    [found] = [each for each in route53.list_hosted_zones()["HostedZones"] if each["Name"] == f"{zone}."]
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=found["Id"])
    return {
        (each["Name"].removesuffix("."), each["Type"]): [value["Value"] for value in each.get("ResourceRecords", ())]
        for page in pages
        for each in page["ResourceRecordSets"]
    }


def test_other_host_names_come_with_new_environments(edited: Platform) -> None:
    """As docs/operations.md says, "Host names and the back office's path": without the variable a preview refuses them,
    with it both environments are replaced and answer to the new name; and back again."""
    before = hosts_by_rule(edited)
    assert [hosts for _, hosts in before] == [("preprod.client.url",)] * 2
    edited.edit("Pulumi.preprod.yaml", _BEFORE, _AFTER)
    refused = edited.pulumi("preview", "-s", "preprod", check=False)
    assert refused.returncode != 0
    assert "Beanstalk cannot change the listener rules of an environment" in refused.stdout + refused.stderr

    for old, new in (("preprod.client.url", "preview.client.url"), ("preview.client.url", "preprod.client.url")):
        edited.pulumi("up", "-s", "preprod", "--yes", "--skip-preview", *_REPLACE, environment={REPLACING: "1"})
        assert [(path, (old,)) for path, _ in before] != hosts_by_rule(edited)
        assert hosts_by_rule(edited) == [(path, (new,)) for path, _ in before]
        records = names_of(edited, "client.url")
        assert (new, "A") in records
        assert (old, "A") not in records
        edited.run("./shop", "rules")
        if new == "preview.client.url":
            edited.edit("Pulumi.preprod.yaml", _AFTER, _BEFORE)
    edited.pulumi("preview", "-s", "preprod", "--expect-no-changes")


def test_records_of_the_domain_are_in_its_zone_as_they_were_given(edited: Platform) -> None:
    """Route 53 has the values of the old zone, a long one in strings of 255 characters. A second run changes nothing.
    Without their entries they are gone."""
    before = names_of(edited, "client.url")
    edited.edit(
        "Pulumi.prod.yaml",
        "    internal: internal-client.url\n",
        "    internal: internal-client.url\n" + _RECORDS,
    )
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview", *_OF_DOMAINS)
    added = {name: values for name, values in names_of(edited, "client.url").items() if name not in before}
    assert {name: sorted(values) for name, values in added.items()} == {
        ("client.url", "MX"): ["10 mx1.mail.example", "20 mx2.mail.example"],
        ("client.url", "TXT"): ['"other=1"', '"v=spf1 include:mail.example -all"'],
        ("crm._domainkey.client.url", "TXT"): [f'"{_LONG[:255]}" "{_LONG[255:]}"'],
        ("erp.client.url", "CNAME"): ["erp.example.com"],
        ("client.url", "CAA"): ['0 issue "amazon.com"'],
    }
    edited.pulumi("preview", "-s", "prod", "--refresh", "--expect-no-changes", *_OF_DOMAINS)
    path = edited.project / "Pulumi.prod.yaml"
    path.write_text(path.read_text().replace(_RECORDS, ""))
    edited.pulumi("up", "-s", "prod", "--yes", "--skip-preview", *_OF_DOMAINS)
    assert names_of(edited, "client.url") == before
