"""Every component names its children after itself, so that one program can hold two of each."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from components.data.mysql_database import MySqlDatabase, MySqlDatabaseArgs
from components.data.placement import DataStorePlacement
from components.delivery.content_delivery import ContentDelivery, ContentDeliveryArgs
from components.monitoring.monitoring_suite import MonitoredSite, MonitoringSuite, MonitoringSuiteArgs
from components.network.shared_platform import SharedPlatform, SharedPlatformArgs
from components.satellites.satellite_app import SatelliteApp, SatelliteAppArgs
from components.servers.operations import Operations, OperationsArgs
from components.shared.backups import Backups, BackupsArgs
from components.shared.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.site.magento_platform import MagentoPlatform, MagentoPlatformArgs
from components.site.release_role import ReleaseRole, ReleaseRoleArgs
from settings import stack_file
from settings.certificate_files import ImportedCertificate
from settings.keeping import KeepingSettings
from stack.quick_start import quick_start
from tests.unit.graph import Graph
from tests.unit.program import ROOT, build, stack_config
from tests.unit.surroundings import CONTEXT

NAMES = ("one", "two")


def everything(name: str) -> None:
    """One of each component, with production's settings."""
    settings = stack_file.load()
    assert settings.owned
    assert settings.shared_database
    assert settings.content_delivery
    assert settings.monitoring
    key_args = EncryptionKeyArgs(region=settings.region, keeping=KeepingSettings(protect=True), tags=CONTEXT.tags)
    context = EncryptionKey(f"{name}-key", key_args).context
    platform = SharedPlatform(
        f"{name}-platform",
        SharedPlatformArgs(
            context=context,
            settings=settings.owned,
            certificate=ImportedCertificate(certificate="PEM", private_key="PEM", chain=None, names=("*.client.url",)),
        ),
    )
    shared = platform.outputs
    database = MySqlDatabase(
        f"{name}-database",
        MySqlDatabaseArgs(
            placement=DataStorePlacement.private(context, shared, clients={}),
            database_name="satellites",
            size=settings.shared_database,
        ),
    )
    site = MagentoPlatform(
        f"{name}-site",
        MagentoPlatformArgs(
            context=context,
            shared=shared,
            site=settings.site,
            delivery=settings.content_delivery,
            file_server=settings.file_server,
        ),
    )
    operations = Operations(
        f"{name}-operations",
        OperationsArgs(
            context=context,
            shared=shared,
            servers=settings.operations,
            network_cidr=settings.owned.network.cidr,
            databases={"shared": database},
        ),
    )
    for satellite in settings.satellites:
        SatelliteApp(
            f"{name}-{satellite.name}",
            SatelliteAppArgs(
                context=context,
                shared=shared,
                satellite=satellite,
                database=database,
                gateway=operations.gateway,
            ),
        )
    ContentDelivery(
        f"{name}-content",
        ContentDeliveryArgs(
            context=context,
            shared=shared,
            delivery=settings.content_delivery,
            document_root=settings.site.document_root,
        ),
    )
    MonitoringSuite(
        f"{name}-monitoring",
        MonitoringSuiteArgs(
            context=context,
            monitoring=settings.monitoring.changed(alarm_names={}),
            site=MonitoredSite.of(site),
            servers=operations.instance_ids,
            vpn_links=platform.network.tunnels,
            certificate_arn=shared.certificate_arn,
        ),
    )
    assert settings.releases
    ReleaseRole(
        f"{name}-releases",
        ReleaseRoleArgs(
            context=context, releases=settings.releases, shared=shared, site=site, databases={"site": site.database}
        ),
    )
    Backups(f"{name}-backups", BackupsArgs(context=context, rules=settings.backups))


@pytest.fixture(scope="module")
def graph() -> Graph:
    def program() -> None:
        quick_start()
        for name in NAMES:
            everything(name)

    return build(program, stack="prod", config=stack_config("prod"))


def test_two_of_each_component_have_no_name_in_common(graph: Graph) -> None:
    """A name that a component writes down is the same in both, and the engine refuses the second."""
    urns = Counter(each.urn for each in graph.resources)
    assert {urn for urn, times in urns.items() if times > 1} == set()


def test_every_component_is_among_them(graph: Graph) -> None:
    tokens = {
        token
        for path in (ROOT / "components").rglob("*.py")
        for token in re.findall(r'"(magento:\w+:\w+)"', path.read_text())
    }
    assert tokens == {each.type for each in graph.components()}


def test_a_type_token_says_the_components_area() -> None:
    """A state can be searched by area, and the token leads to the folder."""
    for path in (ROOT / "components").rglob("*.py"):
        for area in re.findall(r'"magento:(\w+):\w+"', path.read_text()):
            assert area == path.relative_to(ROOT / "components").parts[0], path
