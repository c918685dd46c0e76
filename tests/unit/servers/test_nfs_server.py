"""Row 3: the file server, its shares and who may mount them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pulumi_aws as aws
import pytest

from components.servers.nfs_server import NfsServer, NfsServerArgs, configuration, devices
from settings.file_server import FileServerSettings, NfsShareSettings
from settings.section import Section
from settings.server_size import ServerSizeSettings
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.configured import configured
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

SHARES = (
    NfsShareSettings(name="client-media", path="pub/media", size_gib=200),
    NfsShareSettings(name="magento-statics", path="pub/static", size_gib=20),
    NfsShareSettings(name="magento-sitemap", path="sitemap", size_gib=5),
    NfsShareSettings(name="magento-client", path="client", size_gib=20),
)
SERVER = FileServerSettings(size=ServerSizeSettings(instance_type="t4g.medium"), shares=SHARES)
ARGS = NfsServerArgs(
    placement=PLACEMENT,
    server=SERVER,
    clients={"front": "sg-front", "back-office": "sg-back"},
    network_cidr="10.0.0.0/16",
)


def graph(args: NfsServerArgs = ARGS) -> Graph:
    return build(lambda: NfsServer("nfs", args))


def exports(server: FileServerSettings = SERVER) -> dict[str, str]:
    """The options of each exported directory, as exports(5) writes them."""
    files = {file.path: file.content for file in configuration(server, "10.0.0.0/16").files}
    lines = [line for line in files["/etc/exports.d/shares.exports"].splitlines() if not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)


@pytest.mark.row(3)
def test_only_the_sites_own_instances_reach_nfs() -> None:
    """Port 2049 of the groups that mount the shares, and nothing else."""
    rules = graph().of_type(aws.vpc.SecurityGroupIngressRule)
    assert {
        (rule.inputs["referencedSecurityGroupId"], rule.inputs["fromPort"], rule.inputs["toPort"]) for rule in rules
    } == {("sg-front", 2049, 2049), ("sg-back", 2049, 2049)}


@pytest.mark.row(3)
def test_each_share_has_a_volume_and_is_exported() -> None:
    """The four shares of row 3, each from a volume of its own at the same directory that is exported. One more volume
    keeps the clients' locks, the smallest that EBS has."""
    volumes = {each.name: each.inputs["size"] for each in graph().of_type(aws.ebs.Volume)}
    assert volumes == {"nfs-locks": 1, **{f"nfs-{share.name}": share.size_gib for share in SHARES}}
    assert set(exports()) == {
        "/srv/client-media",
        "/srv/magento-statics",
        "/srv/magento-sitemap",
        "/srv/magento-client",
    }


def test_exports_are_for_the_network_and_one_user_only() -> None:
    """No client is root there, and a volume that is missing is not served from the root disk instead."""
    for options in exports().values():
        matched = re.fullmatch(r"10\.0\.0\.0/16\((.*)\)", options)
        assert matched
        assert {"rw", "all_squash", "anonuid=900", "anongid=900", "mountpoint"} <= set(matched[1].split(","))
        assert "no_root_squash" not in matched[1]


def variables(server: FileServerSettings) -> Mapping[str, str]:
    made: list[NfsServer] = []
    build(lambda: made.append(NfsServer("nfs", replace(ARGS, server=server))))
    return made[0].variables


@pytest.mark.row(3)
def test_instances_know_what_to_mount_where() -> None:
    assert variables(SERVER) == {
        "MAGENTO_NFS_SERVER": "nfs.internal-client.url",
        "MAGENTO_NFS_SHARES": (
            "/srv/client-media:pub/media /srv/magento-statics:pub/static "
            "/srv/magento-sitemap:sitemap /srv/magento-client:client"
        ),
    }


def test_the_name_is_in_the_internal_zone() -> None:
    assert graph().one(aws.route53.Record).inputs["name"] == "nfs.internal-client.url"
    preprod = replace(ARGS, server=SERVER.changed(host_name="nfs-preprod"))
    assert graph(preprod).one(aws.route53.Record).inputs["name"] == "nfs-preprod.internal-client.url"


def test_a_share_less_is_a_share_less_everywhere() -> None:
    """Volume, export and what instances mount come from the one list."""
    fewer = replace(ARGS, server=SERVER.changed(shares=SHARES[:3]))
    assert len(graph(fewer).of_type(aws.ebs.Volume)) == 4
    assert "/srv/magento-client" not in exports(fewer.server)


def test_shares_come_and_go_without_another_instance() -> None:
    """What the server boots with says nothing of them, and the devices of the others stay. The table of volumes is in
    what it applies while it runs."""
    more = SERVER.changed(shares=(SHARE, *SHARES))
    before, after = graph(), graph(replace(ARGS, server=more))
    assert boot_of(after) == boot_of(before)
    attached = {each.name: each.inputs["deviceName"] for each in after.of_type(aws.ec2.VolumeAttachment)}
    assert len(set(attached.values())) == 6
    for each in before.of_type(aws.ec2.VolumeAttachment):
        assert attached[each.name] == each.inputs["deviceName"]
        assert each.ignore_changes == ("deviceName",)
    ids = {each.name: each.id for each in after.of_type(aws.ebs.Volume)}
    directories = {"locks": "/var/lib/nfs/nfsdcld", **{share.name: share.directory for share in more.shares}}
    assert table(after) == "".join(f"{ids[f'nfs-{name}']} {directory}\n" for name, directory in directories.items())


def test_a_share_that_is_not_exported_keeps_its_volume() -> None:
    """The server does not use it, so that it need not be stopped to take the volume away."""
    fewer = SERVER.changed(shares=(SHARES[0].changed(exported=False), *SHARES[1:]))
    after = graph(replace(ARGS, server=fewer))
    assert boot_of(after) == boot_of(graph())
    assert len(after.of_type(aws.ebs.Volume)) == 5
    stopped = {
        each.name: each.inputs["stopInstanceBeforeDetaching"] for each in after.of_type(aws.ec2.VolumeAttachment)
    }
    assert [name for name, stops in stopped.items() if not stops] == ["nfs-client-media-attachment"]
    assert "/srv/client-media" not in table(after)
    assert "/srv/client-media" not in exports(fewer)
    assert variables(fewer)["MAGENTO_NFS_SHARES"].split()[0] == "/srv/magento-statics:pub/static"
    assert variables(SERVER.changed(shares=tuple(share.changed(exported=False) for share in SHARES))) == {}


def test_as_many_shares_as_there_may_be_are_attached() -> None:
    """And the volume with the locks beside them."""
    most = SERVER.changed(shares=tuple(NfsShareSettings(name=f"s{n}", path=f"s{n}", size_gib=1) for n in range(11)))
    attached = {
        each.inputs["deviceName"] for each in graph(replace(ARGS, server=most)).of_type(aws.ec2.VolumeAttachment)
    }
    assert len(attached) == 12


def test_no_two_shares_have_one_device() -> None:
    """Also where their names lead to the same: then the later one gets another."""
    names = [f"share-{number}" for number in range(11)]
    assert len(set(devices(names))) == 11
    [alone] = devices([names[0]])
    same = next(name for name in (f"other-{number}" for number in range(1000)) if devices([name]) == [alone])
    assert devices([names[0], same])[0] == alone
    assert devices([names[0], same])[1] != alone


def boot_of(graph: Graph) -> str:
    return str(graph.one(aws.ec2.Instance).inputs["userDataBase64"])


def table(graph: Graph) -> str:
    """Which volume is mounted where."""
    [found] = [file["content"] for file in configured(graph) if file["path"] == "/etc/boot-platform/volumes"]
    return str(found)


SHARE = NfsShareSettings(name="a", path="a", size_gib=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: SHARE.changed(name="a b"),
            'name: got "a b", expected 1 to 63 lower-case letters, digits and hyphens, no hyphen first or last',
        ),
        (lambda: SHARE.changed(name="locks"), 'name: got "locks", expected a name other than locks'),
        (
            lambda: SHARE.changed(path="../etc"),
            'path: got "../etc", expected a directory inside the release, such as pub/media',
        ),
        (
            lambda: SHARE.changed(path="/etc"),
            'path: got "/etc", expected a directory inside the release, such as pub/media',
        ),
        (lambda: SHARE.changed(size_gib=0), "size_gib: got 0, expected 1 to 65536"),
        (lambda: SERVER.changed(shares=()), "shares: got 0 entries, expected 1 to 11 entries"),
        (
            lambda: SERVER.changed(shares=(SHARES[0], SHARES[1].changed(name=SHARES[0].name))),
            'shares: got ["client-media"], expected each name once',
        ),
        (
            lambda: SERVER.changed(shares=(SHARES[0], SHARES[1].changed(path="pub/media"))),
            'shares: got ["pub/media"], expected each path once',
        ),
        (
            lambda: SERVER.changed(shares=(SHARES[0], SHARES[1].changed(path="pub/media/import"))),
            'shares.1.path: got "pub/media/import", expected a directory outside pub/media, which is a share itself',
        ),
        # 0 is root.
        (lambda: SERVER.changed(owner_id=0), "owner_id: got 0, expected 1 to 65533"),
    ],
)
def test_what_cannot_be_shared_is_refused(make: Callable[[], Section], message: str) -> None:
    assert faults_of(make) == [message]
