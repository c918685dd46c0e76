"""Writes docs/cost.md: what the production stack costs a month, from the recorded graph and docs/prices.yaml.

python -m docs.cost
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi_aws as aws
import yaml

from components.servers import boot_status
from tests.unit.graph import Graph, Resource
from tests.unit.program import program

PAGE = Path(__file__).with_name("cost.md")
PRICES = Path(__file__).with_name("prices.yaml")
_WIDTH = 140
HOURS_A_MONTH = 730
"""As AWS Pricing Calculator counts."""
_USAGE = "The servers' metrics of disks, memory and load"
_INCLUDED_GP3_GIB = 8
"""The smallest root disk of Amazon Linux, which Beanstalk takes unless it is told another."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a unit costs. ``usd`` is None when no source names it."""

    usd: float | None
    per: str
    """``hour``, ``month`` or ``GiB-month``."""
    title: str = ""
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class Use:
    """So many units of a price, which run the whole month."""

    price: str
    """A key of the price list."""
    units: float
    area: str
    """The heading under which the page lists it."""


def read_prices() -> dict[str, Price]:
    """The price list, by key."""
    listed = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    return {
        key: Price(
            usd=entry["usd"],
            per=entry["per"],
            title=listed["sources"][entry["source"]]["title"] if entry["usd"] is not None else "",
            date=str(listed["sources"][entry["source"]]["date"]) if entry["usd"] is not None else "",
        )
        for key, entry in listed["prices"].items()
    }


def _environment(environment: Resource) -> Iterator[Use]:
    options = {(each["namespace"], each["name"]): each["value"] for each in environment.inputs["settings"]}
    instances = int(options["aws:autoscaling:asg", "MinSize"])
    kind = options["aws:ec2:instances", "InstanceTypes"].split(",")[0]
    size = int(options.get(("aws:autoscaling:launchconfiguration", "RootVolumeSize"), _INCLUDED_GP3_GIB))
    yield Use(price=f"ec2-{kind}", units=instances, area="Beanstalk's instances")
    yield Use(price="ebs-gp3", units=instances * size, area="Root disks")
    if options["aws:elasticbeanstalk:environment", "LoadBalancerIsShared"] == "false":
        yield from _public_load_balancer(options["aws:ec2:vpc", "ELBSubnets"].split(","))
    metrics = json.loads(options["aws:elasticbeanstalk:healthreporting:system", "ConfigDocument"])["CloudWatchMetrics"]
    published = len(metrics["Environment"]) + instances * len(metrics["Instance"])
    yield Use(price="custom-metric", units=published, area="Beanstalk's health metrics")


def _public_load_balancer(subnets: Iterable[str]) -> Iterator[Use]:
    yield Use(price="load-balancer", units=1, area="Load balancers")
    # One in each subnet, at the least: it takes more under load.
    yield Use(price="public-ipv4", units=len(list(subnets)), area="Public IPv4 of load balancers")


def _server(server: Resource) -> Iterator[Use]:
    kind, disk = server.inputs["instanceType"], server.inputs["rootBlockDevice"]["volumeSize"]
    price = f"ec2-windows-{kind}" if "-windows-" in server.name else f"ec2-{kind}"
    yield Use(price=price, units=1, area="Servers")
    yield Use(price="ebs-gp3", units=disk, area="Root disks")
    yield Use(price="custom-metric", units=1, area=f"The servers' metric {boot_status.METRIC}")
    # Space and inodes of all file systems and of the root disk, and memory, swap and load.
    yield Use(price="custom-metric", units=7, area=_USAGE)


def _volume(volume: Resource) -> Iterator[Use]:
    yield Use(price="ebs-gp3", units=volume.inputs["size"], area="Data volumes")
    # Space and inodes.
    yield Use(price="custom-metric", units=2, area=_USAGE)


def _database(database: Resource) -> Iterator[Use]:
    # The standby is billed as the primary is, instance and storage ("On-Demand DB instances for Amazon RDS").
    copies = 2 if database.inputs["multiAz"] else 1
    yield Use(price=f"rds-{database.inputs['instanceClass']}", units=copies, area="Databases")
    yield Use(price="rds-gp3", units=copies * database.inputs["allocatedStorage"], area="Databases")


def _domain(domain: Resource) -> Iterator[Use]:
    cluster, disk = domain.inputs["clusterConfig"], domain.inputs["ebsOptions"]
    yield Use(price=cluster["instanceType"], units=cluster["instanceCount"], area="Search")
    yield Use(price="search-gp3", units=cluster["instanceCount"] * disk["volumeSize"], area="Search")


def _cache(cluster: Resource) -> Iterator[Use]:
    yield Use(price=cluster.inputs["nodeType"], units=cluster.inputs["numCacheClusters"], area="Cache")


def _load_balancer(balancer: Resource) -> Iterator[Use]:
    yield from _public_load_balancer(balancer.inputs["subnets"])


def _alarm(alarm: Resource) -> Iterator[Use]:
    measured = [query for query in alarm.inputs.get("metricQueries", ()) if "metric" in query]
    yield Use(price="alarm-metric", units=len(measured) or 1, area="Alarms")


def _web_acl(acl: Resource) -> Iterator[Use]:
    yield Use(price="web-acl", units=1, area="Web firewall")
    yield Use(price="web-acl-rule", units=len(acl.inputs.get("rules", ())), area="Web firewall")


def _each(price: str, area: str, units: Callable[[Resource], float] = lambda _: 1) -> Callable[..., Iterator[Use]]:
    def uses(resource: Resource) -> Iterator[Use]:
        yield Use(price=price, units=units(resource), area=area)

    return uses


PRICED: Mapping[type, Callable[[Resource], Iterator[Use]]] = {
    aws.cloudwatch.CompositeAlarm: _each("composite-alarm", "Alarms"),
    aws.cloudwatch.MetricAlarm: _alarm,
    aws.ebs.Volume: _volume,
    aws.ec2.Eip: _each("public-ipv4", "Elastic IPs"),
    aws.ec2.Instance: _server,
    aws.ec2.NatGateway: _each("nat-gateway", "NAT gateways"),
    aws.ec2.VpnConnection: _each("vpn-connection", "VPN links"),
    aws.elasticache.ReplicationGroup: _cache,
    aws.elasticbeanstalk.Environment: _environment,
    aws.kms.Key: _each("kms-key", "Key"),
    aws.lb.LoadBalancer: _load_balancer,
    aws.opensearch.Domain: _domain,
    aws.rds.Instance: _database,
    aws.route53.Zone: _each("hosted-zone", "DNS zones"),
    aws.scheduler.Schedule: _each("custom-metric", "The metric of the maintenance hold"),
    aws.secretsmanager.Secret: _each("secret", "Secrets"),
    aws.wafv2.WebAcl: _web_acl,
}

BY_USE: Mapping[type, str] = {
    aws.backup.Plan: "each month's copies hold what changed, for `backups[].keep_days`; root disks are not copied",
    aws.bcmdata.Export: "the report's objects in S3",
    aws.cloudfront.Distribution: "requests and bytes that shoppers fetch",
    aws.cloudwatch.LogDelivery: "the access logs' objects in S3",
    aws.cloudwatch.LogGroup: "each GB that is written, and what is kept of it",
    aws.ec2.FlowLog: "each GB of records; all traffic is recorded, NFS too",
    aws.s3.Bucket: "GB and requests; logs expire",
    aws.sfn.StateMachine: "8,760 looks at the hold a month: 1.00 USD a million, and their seconds "
    "(AWS Step Functions Pricing)",
    aws.sns.Topic: "each mail",
}
"""Types whose price depends on traffic. They are not in the total."""

FREE: Mapping[str, str] = {
    "aws:acm/": "public and imported certificates are free",
    "aws:backup/selection:": "a part of the plan",
    "aws:backup/vault:": "the copies in it are what costs",
    "aws:cloudwatch/dashboard:": "the first three of an account are free",
    "aws:cloudwatch/logDeliveryDestination:": "the delivery is what costs",
    "aws:cloudwatch/logDeliverySource:": "the delivery is what costs",
    "aws:cloudwatch/logResourcePolicy:": "a policy",
    "aws:ebs/": "only volumes cost, not their attachments",
    "aws:ec2/": "networks, their routes and their groups are free",
    "aws:elasticache/": "groups of parameters and subnets",
    "aws:elasticbeanstalk/": "Beanstalk itself is free",
    "aws:iam/": "IAM is free",
    "aws:kms/alias:": "the key is what costs",
    "aws:lb/": "listeners and rules are counted in the load balancer's capacity units",
    "aws:rds/": "groups and subscriptions",
    "aws:route53/record:": "queries cost, records do not; aliases to AWS's resources are free",
    "aws:s3/": "settings of buckets, and objects of a few kB",
    "aws:secretsmanager/secretVersion:": "the secret is what costs",
    "aws:sns/topicSubscription:": "the mails are what costs",
    "aws:ssm/": "documents, the commands that run them on EC2 instances, and standard parameters are free",
    "aws:vpc/": "rules of security groups",
    "aws:wafv2/webAclAssociation:": "the firewall is what costs, with each request that it reads",
}
"""The beginnings of the other types' tokens, and why they are free."""


def uses(graph: Graph) -> dict[tuple[str, str], float]:
    """The units of each area and price."""
    found: dict[tuple[str, str], float] = {}
    for kind, of in PRICED.items():
        for resource in graph.of_type(kind):
            for use in of(resource):
                found[use.area, use.price] = found.get((use.area, use.price), 0) + use.units
    return found


def monthly(price: Price, units: float) -> float | None:
    """USD a month; None when the price is not known."""
    if price.usd is None:
        return None
    return price.usd * units * (HOURS_A_MONTH if price.per == "hour" else 1)


def page(graph: Graph) -> str:
    """The page in Markdown."""
    prices, used = read_prices(), uses(graph)
    if missing := sorted({price for _, price in used} - prices.keys()):
        raise LookupError(
            f"{PRICES.name}: got no {', '.join(missing)}, expected a price. Where none is known, write null."
        )
    costs = {key: monthly(prices[key[1]], units) for key, units in used.items()}
    total = sum(cost for cost in costs.values() if cost is not None)
    unknown = sorted({price for _, price in used if prices[price].usd is None})

    def area(name: str) -> float:
        return sum(cost for (where, _), cost in costs.items() if where == name and cost is not None)

    def units(name: str) -> int:
        return int(sum(count for (where, _), count in used.items() if where == name))

    addresses, health = "Public IPv4 of load balancers", "Beanstalk's health metrics"
    table = [
        _row(where, key, prices[key], used[where, key], costs[where, key])
        for where, key in sorted(used, key=lambda each: (-area(each[0]), each))
    ]
    by_use = sorted((kind.__name__, what) for kind, what in BY_USE.items())
    parts = [
        "# What production costs a month",
        _text(
            f"**About {total:,.0f} USD a month**, before traffic, taxes and discounts: `Pulumi.prod.yaml` as it is, on "
            f"demand, every hour of a month of {HOURS_A_MONTH} hours, at the prices of us-east-1."
        ),
        _text(
            "`python -m docs.cost` writes this page from what the program declares and from `docs/prices.yaml`. Change "
            "a size in the stack file or a price in the list, and run it again."
        ),
        _points(
            "**eu-west-3 costs more.** No source that names its prices was at hand, so every price here is that of "
            "us-east-1. For one type both are known: t4g.micro is 0.0094 USD an hour in Paris (AWS Pricing API, read "
            "on 24 September 2026) and 0.0084 in us-east-1.",
            "**Not in the total**, because no source names a price: "
            f"{', '.join(f'`{each}`' for each in unknown)}. Nor is what depends on traffic, which is listed below.",
            "Look up your region's prices in the [AWS Pricing Calculator](https://calculator.aws/) before you agree on "
            "a budget.",
        ),
        "## Line by line",
        "\n".join(
            [
                "| What | Price | Units | USD a unit | USD a month | Source | As of |",
                "|---|---|---:|---:|---:|---|---|",
                *table,
                f"| **Total** | | | | **{total:,.2f}** | | |",
            ]
        ),
        "## What surprised",
        _points(
            f"**Public IPv4 addresses.** Each load balancer has one in each of its subnets: {units(addresses)} "
            f"addresses, {area(addresses):,.2f} USD a month, besides {units('Elastic IPs')} Elastic IPs for "
            f"{area('Elastic IPs'):,.2f} USD. A load balancer takes more addresses under load.",
            f"**Load balancers of satellites.** The site's and the satellites' are {units('Load balancers')}, for "
            f"{area('Load balancers'):,.2f} USD before their addresses and their traffic.",
            "**Flow logs** record all traffic, that of the file server too. CloudWatch takes 0.50 USD for each GB "
            "(us-east-1; API Evangelist, 5 May 2026).",
            f"**Root disks** are {units('Root disks')} GiB, {area('Root disks'):,.2f} USD a month. AWS Backup copies "
            "only data volumes and databases, since a server's root disk is made again with the server.",
            f"**Metrics of Beanstalk's health**: {units(health)} are custom metrics, {area(health):,.2f} USD a month. "
            "Detailed monitoring of the instances is billed too. How many metrics AWS counts for an instance is not "
            "known here, so it is not in the total.",
            "**A Multi-AZ database** is billed twice: instance and storage.",
            f"**NAT gateways**: {units('NAT gateways')}, one in each zone, for {area('NAT gateways'):,.2f} USD a "
            "month. With `network.nat_gateways: single` there is one.",
        ),
        "## What depends on traffic",
        "\n".join(
            [
                "| Type | What is billed |",
                "|---|---|",
                *(f"| {kind} | {what} |" for kind, what in by_use),
                "| All | bytes that leave AWS, cross zones, or pass a NAT gateway, a VPN link or a load balancer |",
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _text(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _points(*texts: str) -> str:
    return "\n".join(
        textwrap.fill(f"- {text}", _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for text in texts
    )


def _row(where: str, key: str, price: Price, units: float, cost: float | None) -> str:
    start = f"| {where} | `{key}` | {units:g}{' GiB' if price.per == 'GiB-month' else ''}"
    if cost is None:
        return f"{start} | not known | not in the total | | |"
    return f"{start} | {price.usd:g} per {price.per} | {cost:,.2f} | {price.title} | {price.date} |"


def main() -> None:
    PAGE.write_text(page(program("prod")), encoding="utf-8")
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
