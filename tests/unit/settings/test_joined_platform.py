"""A stack that joins another's network is held against it, before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from settings import joined_platform, stack_file
from tests.unit.graph import Graph
from tests.unit.program import UnknownStackError, build, program, stack_config
from tests.unit.settings.stack_faults import GRAMMAR, put

DELIVERY = {"media": "media.client.url", "static": "s.client.url", "origin": "preprod.client.url"}


def lines(change: Callable[[dict[str, Any]], None], references: Callable[[str], Graph] = program) -> list[str]:
    """The lines of the error about the shipped pre-production with a change to its stack file."""
    config = stack_config("preprod")
    change(config)

    def run() -> None:
        joined_platform.check(stack_file.load())

    with pytest.raises(stack_file.SettingsError) as error:
        build(run, stack="preprod", config=config, references=references)
    first, *others = str(error.value).splitlines()
    assert first == "Pulumi.preprod.yaml is invalid:"
    stripped = [line.strip() for line in others]
    assert [line for line in stripped if not GRAMMAR.fullmatch(line)] == []
    return stripped


def host_name(name: str) -> Callable[[dict[str, Any]], None]:
    return put("site.host_names", [name])


COVERED = "expected a name that the certificate of stack prod covers: *.client.url, client.url"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            host_name("preprod.other.example"),
            [
                'site.host_names.0: got "preprod.other.example", expected client.url or a name that ends in '
                ".client.url, as in domains.public of stack prod",
                f'site.host_names.0: got "preprod.other.example", {COVERED}',
            ],
        ),
        (host_name("a.preprod.client.url"), [f'site.host_names.0: got "a.preprod.client.url", {COVERED}']),
        (
            host_name("www.client.url"),
            ['site.host_names.0: got "www.client.url", expected a name that stack prod does not have'],
        ),
        (
            put("content_delivery", DELIVERY),
            ['content_delivery.media: got "media.client.url", expected a name that stack prod does not have'],
        ),
        *(
            (
                put("file_server.host_name", name),
                [
                    f'file_server.host_name: got "{name}.internal-client.url", expected a name that stack prod does '
                    "not have"
                ],
            )
            for name in ("nfs", "windows", "rundeck", "phpmyadmin", "custom-connection")
        ),
        (
            put("network.internal_domain", "internal-other.url"),
            [
                'network.internal_domain: got "internal-other.url", expected internal-client.url, which is '
                "domains.internal of stack prod"
            ],
        ),
        (put("network.stack", "preprod"), ['network.stack: got "preprod", expected the name of another stack']),
        (put("client", "other"), ['client: got "other", expected client, as in stack prod']),
        (put("environment", "prod"), ['environment: got "prod", expected another name than that of stack prod']),
    ],
)
def test_a_name_that_does_not_fit_the_network_is_refused(
    change: Callable[[dict[str, Any]], None], said: list[str]
) -> None:
    """AWS would take some of them: a name outside of the zone gets the zone's name appended."""
    assert lines(change) == [f"magento:{line}" for line in said]


def test_another_region_is_refused() -> None:
    def elsewhere(config: dict[str, Any]) -> None:
        config["aws:region"] = "eu-west-1"

    assert lines(elsewhere) == ['aws:region: got "eu-west-1", expected eu-west-3, as in stack prod']


def test_a_zone_that_the_network_does_not_have_is_refused() -> None:
    """Its servers with data disks would be in a zone that has no subnet."""
    shared = program("prod").exports["shared_platform"]
    narrow = replace(program("prod"), exports={"shared_platform": {**shared, "zones": ["a", "b"]}})
    assert lines(lambda _: None, references=lambda _: narrow) == [
        'magento:network.zones.2: got "c", expected one of a, b, the zones of stack prod'
    ]


def test_a_stack_that_shares_nothing_is_named() -> None:
    """One that joins a network itself, or that was brought up with an older version of the program."""
    assert lines(lambda _: None, references=lambda _: program("preprod")) == [
        'magento:network.stack: got "prod", expected a stack that has a network of its own and is up. Run pulumi up -s '
        "prod first, with this version of the program."
    ]


def test_a_stack_that_does_not_exist_is_named() -> None:
    def none(name: str) -> Graph:
        raise UnknownStackError(f'unknown stack "organization/magento/{name}"')

    assert lines(put("network.stack", "live"), references=none) == [
        'magento:network.stack: got "live", expected a stack of this project. The engine says: unknown stack '
        '"organization/magento/live".'
    ]


def test_the_shipped_preproduction_fits() -> None:
    build(
        lambda: joined_platform.check(stack_file.load()),
        stack="preprod",
        config=stack_config("preprod"),
        references=program,
    )
