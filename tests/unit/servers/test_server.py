"""A server of its own: what it is, who reaches it, and what a new instance of it keeps."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
from dataclasses import replace
from typing import Any

import pulumi_aws as aws
import pytest

from components.network.security_group import IngressRule
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.data_volumes import DataVolume
from components.servers.server import Server, ServerArgs
from components.shared.iam import allow
from settings.instance_types import architecture
from settings.messages import FaultsError
from settings.rundeck import RundeckSizeSettings
from settings.server_size import ServerSizeSettings, WindowsSizeSettings
from tests.unit.cloud import OLD_IMAGE, WITHDRAWN_IMAGE, hex_of
from tests.unit.graph import Graph, Resource
from tests.unit.program import build
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

LINUX = ServerArgs(
    placement=PLACEMENT,
    size=ServerSizeSettings(instance_type="t4g.small"),
    ingress=(IngressRule(name="vpn", port=1194, from_cidr="0.0.0.0/0", reason="Clients", protocol="udp"),),
    boot=CloudInit(),
    volumes=(
        DataVolume(name="media", size_gib=5, mount_point="/srv/media"),
        DataVolume(name="statics", size_gib=6, mount_point="/srv/statics"),
    ),
    host_name="nfs",
    public_address="eipalloc-1",
    statements=(allow(["s3:GetObject"], "arn:aws:s3:::bucket/*"),),
)
WINDOWS = ServerArgs(
    placement=PLACEMENT,
    size=WindowsSizeSettings(instance_type="t3.large", root_volume_gib=30),
    ingress=(),
    windows_boot="Write-Host ready",
    volumes=(DataVolume(name="data", size_gib=5),),
)


def graph(args: ServerArgs) -> Graph:
    return build(lambda: Server("files", args))


def instance(args: ServerArgs = LINUX) -> Resource:
    return graph(args).one(aws.ec2.Instance)


def test_metadata_need_a_token_and_there_is_no_key_pair() -> None:
    """Session Manager is the way in; a request that a web application is tricked into finds no credentials."""
    inputs = instance().inputs
    assert inputs["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert "keyName" not in inputs
    attached = graph(LINUX).of_type(aws.iam.RolePolicyAttachment)
    policy = "arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy"
    assert [each.inputs["policyArn"] for each in attached] == [policy]


def test_every_disk_is_encrypted_with_the_stacks_key() -> None:
    server = graph(LINUX)
    disks = [
        server.one(aws.ec2.Instance).inputs["rootBlockDevice"],
        *(v.inputs for v in server.of_type(aws.ebs.Volume)),
    ]
    assert len(disks) == 3
    assert {(disk["encrypted"], disk["kmsKeyId"]) for disk in disks} == {(True, PLACEMENT.context.key_arn)}


def test_addresses_hang_on_an_interface_of_their_own() -> None:
    """A new instance takes the interface over: private address, public address, group and name stay as they are."""
    server = graph(LINUX)
    interface = server.one(aws.ec2.NetworkInterface)
    replaced = server.one(aws.ec2.Instance)
    assert replaced.inputs["primaryNetworkInterface"] == {"networkInterfaceId": interface.id}
    assert server.one(aws.ec2.EipAssociation).inputs == {
        "allocationId": "eipalloc-1",
        "networkInterfaceId": interface.id,
    }
    record = server.one(aws.route53.Record)
    assert record.inputs["name"] == "nfs.internal-client.url"
    assert record.inputs["records"] == [interface.outputs["privateIp"]]
    for lasting in (interface, record, server.one(aws.ec2.EipAssociation), *server.of_type(aws.ebs.Volume)):
        assert replaced.urn not in lasting.dependencies


def test_an_instance_boots_with_its_rights_and_its_way_out() -> None:
    """Before either it could not install anything in a public subnet, nor say how it went."""
    server = graph(LINUX)
    waits_for = server.one(aws.ec2.Instance).dependencies
    assert server.one(aws.iam.RolePolicy, name="files-rights").urn in waits_for
    assert server.one(aws.ec2.EipAssociation).urn in waits_for


def test_a_newer_official_image_does_not_replace_a_server() -> None:
    """One that config names does."""
    assert instance().ignore_changes == ("ami",)
    own = replace(LINUX, size=ServerSizeSettings(instance_type="t4g.small", ami="ami-0123456789abcdef0"))
    assert instance(own).ignore_changes == ()


def test_an_image_of_ones_own_that_does_not_exist_is_refused() -> None:
    """Before the server that runs is taken away for it."""
    own = replace(LINUX, size=ServerSizeSettings(instance_type="t4g.small", ami=WITHDRAWN_IMAGE))
    with pytest.raises(FaultsError) as refused:
        graph(own)
    assert str(refused.value) == (
        f'files-instance: got "{WITHDRAWN_IMAGE}", expected the id of an image that exists in this region. '
        "Set another size.ami or none: a server that is up then keeps its image."
    )


@pytest.mark.parametrize(("image", "is_said"), [(OLD_IMAGE, True), ("ami-0123456789abcdef0", False)])
def test_an_image_of_ones_own_that_is_old_has_a_warning(
    image: str, is_said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Else nobody would think of making it anew."""
    own = replace(LINUX, size=ServerSizeSettings(instance_type="t4g.small", ami=image))
    with caplog.at_level(logging.WARNING):
        graph(own)
    said = [re.sub(r"\d+ days", "… days", each.message) for each in caplog.records if image in each.message]
    expected = (
        f"files-instance: its image {image} is … days old, and so are the packages that a new server starts with. "
        "images/README.md says how to make a newer one."
    )
    assert said == ([expected] if is_said else [])


def test_volumes_outlive_the_instance() -> None:
    """They are protected, end in a snapshot, and an instance is stopped before they are taken away."""
    server = graph(LINUX)
    for volume in server.of_type(aws.ebs.Volume):
        assert volume.protect
        assert volume.inputs["finalSnapshot"] is True
    attachments = server.of_type(aws.ec2.VolumeAttachment)
    assert {each.inputs["deviceName"] for each in attachments} == {"/dev/sdf", "/dev/sdg"}
    assert {each.inputs["stopInstanceBeforeDetaching"] for each in attachments} == {True}


def test_what_is_not_protected_can_be_thrown_away() -> None:
    """A last snapshot stays, unless config wants none."""
    server = graph(replace(LINUX, placement=replace(PLACEMENT, context=replace(PLACEMENT.context, protect=False))))
    assert {(each.protect, each.inputs["finalSnapshot"]) for each in server.of_type(aws.ebs.Volume)} == {(False, True)}


def test_the_boot_knows_the_volumes_by_their_ids() -> None:
    server = graph(LINUX)
    ids = {each.name: each.id for each in server.of_type(aws.ebs.Volume)}
    table = boot_files(server)["/etc/boot-platform/volumes"]
    assert table == f"{ids['files-media']} /srv/media\n{ids['files-statics']} /srv/statics\n"


def boot_files(server: Graph) -> dict[str, str]:
    """The files that the instance's user data write, by their paths."""
    inputs = server.one(aws.ec2.Instance).inputs
    assert inputs["userDataReplaceOnChange"] is True
    document = gzip.decompress(base64.b64decode(inputs["userDataBase64"])).decode()
    written: list[dict[str, Any]] = json.loads(document.removeprefix("#cloud-config\n"))["write_files"]
    return {file["path"]: file["content"] for file in written}


def test_security_updates_are_installed_when_the_stack_file_says() -> None:
    size = ServerSizeSettings(instance_type="t4g.small", updates_at="02:45", restarts_for_updates=False)
    files = boot_files(graph(replace(LINUX, size=size)))
    timer = files["/etc/systemd/system/apt-daily-upgrade.timer.d/security-updates.conf"]
    assert "OnCalendar=\nOnCalendar=*-*-* 02:45 UTC\n" in timer
    assert 'Automatic-Reboot "false"' in files["/etc/apt/apt.conf.d/52security-updates"]
    assert 'Automatic-Reboot "true"' in boot_files(graph(LINUX))["/etc/apt/apt.conf.d/52security-updates"]


def test_a_boot_may_depend_on_what_other_resources_answer() -> None:
    """Such as the address of a database, which is known only once it is there."""

    def program() -> None:
        made = aws.sns.Topic("topic")
        boot = made.arn.apply(lambda arn: CloudInit(files=(BootFile(path="/etc/topic", content=arn),)))
        Server("files", replace(LINUX, boot=boot))

    assert boot_files(build(program))["/etc/topic"].startswith("arn:aws:sns:")


def test_an_instance_may_tell_its_own_status_and_what_it_was_granted() -> None:
    """Two tags, on the instance that asks: a server that is broken into cannot mark or retag another."""
    rights = graph(LINUX).one(aws.iam.RolePolicy, name="files-rights").inputs
    [tell, publish, write, granted] = json.loads(rights["policy"])["Statement"]
    assert tell["Action"] == "ec2:CreateTags"
    assert tell["Resource"] == "arn:aws:ec2:eu-west-3:*:instance/*"
    assert tell["Condition"] == {
        "ForAllValues:StringEquals": {"aws:TagKeys": ["BootStatus", "Configuration"]},
        "ArnLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:eu-west-3:*:instance/${ec2:InstanceID}"},
    }
    assert publish["Action"] == "cloudwatch:PutMetricData"
    assert publish["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Servers"}}
    assert write["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert write["Resource"] == f"{graph(LINUX).one(aws.cloudwatch.LogGroup).outputs['arn']}:*"
    assert granted["Resource"] == ["arn:aws:s3:::bucket/*"]


def test_its_logs_outlive_it() -> None:
    """In a group of its own, under the stack's key, for as long as the stack file says, with the name that the server
    is told."""
    built = graph(replace(LINUX, size=LINUX.size.changed(log_retention_days=365)))
    group = built.one(aws.cloudwatch.LogGroup).inputs
    assert (group["retentionInDays"], group["kmsKeyId"]) == (365, PLACEMENT.context.key_arn)
    told = json.loads(boot_files(built)["/etc/boot-platform/logs.json"])
    assert told["group"] == group["name"]
    assert told["files"] == ["/var/log/boot-platform.log", "/var/log/cloud-init-output.log"]


def test_only_what_is_admitted_gets_in() -> None:
    [rule] = graph(LINUX).of_type(aws.vpc.SecurityGroupIngressRule)
    assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("udp", 1194, 1194)


def test_a_windows_server_runs_powershell_and_names_its_disks_as_windows_does() -> None:
    server = graph(WINDOWS)
    script = base64.b64decode(server.one(aws.ec2.Instance).inputs["userDataBase64"]).decode()
    volume = server.one(aws.ebs.Volume)
    boot = f"<powershell>\n$VolumeIds = @{{ 'data' = '{volume.id}' }}\nWrite-Host ready\n</powershell>\n"
    # At every boot: one that failed is mended by a reboot.
    assert script == f"{boot}<persist>true</persist>\n"
    assert server.one(aws.ec2.VolumeAttachment).inputs["deviceName"] == "xvdf"
    assert not server.of_type(aws.route53.Record)
    assert not server.of_type(aws.ec2.EipAssociation)


@pytest.mark.parametrize(
    ("args", "image"),
    [
        (LINUX, "debian-13-arm64-*"),
        (replace(LINUX, size=ServerSizeSettings(instance_type="t3.small")), "debian-13-amd64-*"),
        (replace(LINUX, size=ServerSizeSettings(instance_type="t3.small", release="12")), "debian-12-amd64-*"),
        (replace(LINUX, size=RundeckSizeSettings(instance_type="t4g.medium")), "debian-12-arm64-*"),
        (WINDOWS, "Windows_Server-2022-English-Full-Base-*"),
    ],
)
def test_the_image_is_the_newest_official_one_for_the_processor(args: ServerArgs, image: str) -> None:
    assert instance(args).inputs["ami"] == f"ami-{hex_of(image)}"


def test_an_image_of_ones_own_is_taken_as_it_is() -> None:
    assert (
        instance(
            replace(LINUX, size=ServerSizeSettings(instance_type="t4g.small", ami="ami-0123456789abcdef0"))
        ).inputs["ami"]
        == "ami-0123456789abcdef0"
    )


@pytest.mark.parametrize(
    ("instance_type", "arm"),
    [
        *((name, True) for name in ("t4g.small", "c7gn.large", "im4gn.large", "is4gen.medium", "g5g.xlarge")),
        *((name, False) for name in ("t3.small", "g4dn.xlarge", "m7i.large", "g6e.xlarge", "r7a.medium")),
    ],
)
def test_the_instance_type_decides_the_processor(instance_type: str, arm: bool) -> None:
    """The g that tells Graviton comes right after the generation; a family of its own may be called g."""
    assert architecture(instance_type) == ("arm64" if arm else "x86_64")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"root_volume_gib": 4}, "root_volume_gib: got 4, expected 8 to 65536"),
        (
            {"ami": "ami-0123456789abcdef0", "release": "12"},
            'release: got "12", expected no release, since ami names the image',
        ),
        (
            {"updates_at": "3:30"},
            'updates_at: got "3:30", expected a time of day in UTC, such as 03:30',
        ),
    ],
)
def test_a_size_that_no_server_can_have_is_refused(change: dict[str, Any], message: str) -> None:
    assert faults_of(lambda: ServerSizeSettings(instance_type="t3.small", **change)) == [message]
