"""docs/architecture.svg shows the production stack as the program declares it; no Graphviz is needed to tell."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pulumi_aws as aws
import pytest

from docs import draw_architecture
from docs.architecture import LISTED, Platform
from docs.draw_architecture import PICTURE, dot, source_of
from tests.unit.program import program, stack_config

SVG = PICTURE.read_text()


def drawn() -> str:
    """Everything that can be read in the picture, a space between lines."""
    return " ".join(text.text or "" for text in ElementTree.fromstring(SVG).iter("{http://www.w3.org/2000/svg}text"))


def test_the_picture_is_of_the_graph() -> None:
    assert source_of(SVG) == dot(program("prod")), "the production graph has changed: run `make architecture`"


def test_it_names_every_server_store_and_satellite() -> None:
    graph, text = program("prod"), drawn()
    kinds = (
        aws.ec2.Instance,
        aws.rds.Instance,
        aws.elasticache.ReplicationGroup,
        aws.opensearch.Domain,
        aws.cloudfront.Distribution,
        aws.lb.LoadBalancer,
    )
    named = [each.inputs["tags"]["Name"] for kind in kinds for each in graph.of_type(kind)]
    named += [each.inputs["name"] for each in graph.of_type(aws.elasticbeanstalk.Environment)]
    missing = [name for name in named if name.removeprefix("client-prod-").replace("-", " ") not in text]
    assert not missing
    assert all(each["name"].replace("-", " ") in text for each in stack_config("prod")["magento:satellites"])
    buckets = [each.inputs.get("bucket") or each.inputs["tags"]["Name"] for each in graph.of_type(aws.s3.Bucket)]
    assert all(each in text for each in buckets)
    assert all(each.inputs["cidrBlock"] in text for each in graph.of_type(aws.ec2.Subnet))


def test_an_arrow_is_what_a_security_group_lets_in() -> None:
    """Rows 5, 6 and 10: who reaches the databases, Custom Connection and the gateway."""
    arrows = Platform(program("prod")).picture().arrows
    into = {target: {source for source, reached in arrows if reached == target} for _, target in arrows}
    assert into["site database"] == {"front", "back office"}
    assert into["shared database"] == {"pim", "custom connection", "mirakl cashout", "phpmyadmin server"}
    assert into["custom connection"] == {"custom connection load balancer", "gateway server"}
    assert into["gateway server"] == {LISTED}


def test_nothing_in_it_changes_from_run_to_run() -> None:
    """AWS's ids and passwords have no place in a picture that a test compares."""
    assert not re.search(r"\b(?:subnet|sg|vpc|i|eni|vol)-[0-9a-f]{8}|arn:aws|\d{12}", SVG)


def test_without_graphviz_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt-get install graphviz"):
        draw_architecture.main()
