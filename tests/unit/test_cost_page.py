"""The page of costs is what the graph and the price list say, and leaves out no resource without a reason."""

from __future__ import annotations

import pulumi_aws as aws
import pytest

from docs import cost
from tests.unit.graph import Graph


def test_the_page_is_what_the_command_writes(prod: Graph) -> None:
    assert cost.PAGE.read_text(encoding="utf-8") == cost.page(prod)


def test_every_type_has_a_line_or_a_reason(graph: Graph) -> None:
    """A new kind of resource needs a price, or a word on why it has none."""
    listed = {kind.pulumi_type for kind in (*cost.PRICED, *cost.BY_USE)}  # type: ignore[attr-defined]
    left = {
        each.type
        for each in graph.resources
        if each.type.startswith("aws:") and each.type not in listed and not each.type.startswith(tuple(cost.FREE))
    }
    assert left == set()


def test_every_price_is_known_or_said_not_to_be(prod: Graph) -> None:
    """Each has a source and a date; none is listed that nothing uses."""
    prices = cost.read_prices()
    assert {price for _, price in cost.uses(prod)} == prices.keys()
    assert all(price.usd is None or (price.title and price.date) for price in prices.values())
    page = cost.page(prod)
    for key, price in prices.items():
        if price.usd is None:
            assert f"`{key}`" in page.partition("## Line by line")[0]


def test_the_total_is_that_of_its_lines(prod: Graph) -> None:
    table = cost.page(prod).partition("## Line by line")[2].partition("## What surprised")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    *lines, total = rows[1:]
    costs = [row[4] for row in lines if row[4] != "not in the total"]
    summed = sum(float(each.replace(",", "")) for each in costs)
    assert float(total[4].strip("*").replace(",", "")) == pytest.approx(summed, abs=0.01 * len(costs))


def test_what_runs_twice_is_counted_twice(prod: Graph) -> None:
    """Multi-AZ: instance and storage; an instance in the front: four times; a load balancer: an address a subnet."""
    used = cost.uses(prod)
    assert used["Databases", "rds-db.r8g.4xlarge"] == 2
    assert used["Databases", "rds-gp3"] == 2 * 500 + 100
    assert used["Beanstalk's instances", "ec2-c7g.xlarge"] == 5
    own = len(prod.of_type(aws.lb.LoadBalancer)) + 3
    assert used["Load balancers", "load-balancer"] == own
    assert used["Public IPv4 of load balancers", "public-ipv4"] == own * 3
