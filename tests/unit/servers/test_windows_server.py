"""Row 7, the Windows server: its disks, its ports, and FTP made for the gateway."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pulumi_aws as aws
import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from components.network.security_group import IngressRule
from components.servers import boot_status
from components.servers.windows_server import WindowsServer, WindowsServerArgs, boot_script, configuration
from settings.server_size import WindowsSizeSettings
from settings.windows import WindowsSettings, WindowsVolumeSettings
from tests.unit.cloud import hex_of
from tests.unit.graph import Graph
from tests.unit.program import ROOT, build
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

SCRIPTS = sorted((ROOT / "components" / "servers" / "server_files" / "windows").glob("*.ps1"))
POWERSHELL = Parser(Language(tree_sitter_powershell.language()))
APPLICATION = WindowsSettings(
    size=WindowsSizeSettings(instance_type="m6i.xlarge", root_volume_gib=80),
    volumes=(
        WindowsVolumeSettings(name="application", size_gib=100, drive_letter="D"),
        WindowsVolumeSettings(name="exchange", size_gib=200, drive_letter="E"),
    ),
)
ADMITS = (
    IngressRule(name="gateway-rdp", port=3389, from_group="sg-gateway", reason="RDP through the gateway"),
    IngressRule(name="vpn-rdp", port=3389, from_group="sg-vpn", reason="RDP from the VPN"),
    IngressRule(name="gateway-ftp", port=21, from_group="sg-gateway", reason="FTP through the gateway"),
    IngressRule(name="vpn-console", port=5900, from_group="sg-vpn", reason="Console of the application"),
    IngressRule(name="gateway-ftp-data", port=2048, to_port=4096, from_group="sg-gateway", reason="FTP data"),
)
ADDRESS = IPv4Address("192.0.2.20")
PARAMETER = "/servers/client-prod/windows/configuration"


def faults(node: Node) -> Iterator[str]:
    """What the parser could not read, as line and text."""
    if node.is_error or node.is_missing:
        yield f"line {node.start_point.row + 1}: {(node.text or b'').decode()[:80]}"
    for child in node.children:
        yield from faults(child)


def faults_in(script: str) -> list[str]:
    return list(faults(POWERSHELL.parse(script.encode()).root_node))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(
        lambda: WindowsServer(
            "windows",
            WindowsServerArgs(
                placement=PLACEMENT,
                application=APPLICATION,
                ingress=ADMITS,
                ftp_public_address=str(ADDRESS),
            ),
        )
    )


def test_amazons_windows_image_without_a_key_pair(graph: Graph) -> None:
    """Windows Server 2022, IMDSv2, an encrypted root; people come by Session Manager or with Windows' own accounts."""
    server = graph.one(aws.ec2.Instance).inputs
    assert server["ami"] == f"ami-{hex_of('Windows_Server-2022-English-Full-Base-*')}"
    assert server["instanceType"] == "m6i.xlarge"
    assert server["metadataOptions"]["httpTokens"] == "required"
    assert server["rootBlockDevice"]["encrypted"] is True
    assert "keyName" not in server
    attached = {each.inputs["policyArn"] for each in graph.of_type(aws.iam.RolePolicyAttachment)}
    assert attached == {"arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy"}


@pytest.mark.row(7)
def test_two_encrypted_volumes_that_outlive_the_instance(graph: Graph) -> None:
    volumes = {each.name: each for each in graph.of_type(aws.ebs.Volume)}
    assert {name: each.inputs["size"] for name, each in volumes.items()} == {
        "windows-application": 100,
        "windows-exchange": 200,
    }
    assert all(each.inputs["encrypted"] is True and each.protect for each in volumes.values())
    attached = {each.inputs["volumeId"] for each in graph.of_type(aws.ec2.VolumeAttachment)}
    assert attached == {each.id for each in volumes.values()}


@pytest.mark.row(7)
def test_it_has_its_name_and_only_the_admitted_reach_it(graph: Graph) -> None:
    record = graph.one(aws.route53.Record).inputs
    assert (record["zoneId"], record["name"]) == ("ZINTERNAL", "windows.internal-client.url")
    assert {
        (each.inputs["referencedSecurityGroupId"], each.inputs["fromPort"], each.inputs["toPort"])
        for each in graph.of_type(aws.vpc.SecurityGroupIngressRule)
    } == {
        ("sg-gateway", 3389, 3389),
        ("sg-vpn", 3389, 3389),
        ("sg-vpn", 5900, 5900),
        ("sg-gateway", 21, 21),
        ("sg-gateway", 2048, 4096),
    }


def test_patch_manager_updates_it_at_the_time_of_the_stack_file(graph: Graph) -> None:
    """Only then, and it restarts if an update needs that."""
    updates = graph.one(aws.ssm.Association, name="windows-updates").inputs
    assert (updates["name"], updates["scheduleExpression"]) == ("AWS-RunPatchBaseline", "cron(30 3 ? * * *)")
    assert updates["applyOnlyAtCronInterval"] is True
    assert updates["parameters"] == {"Operation": "Install", "RebootOption": "RebootIfNeeded"}
    assert updates["targets"] == [{"key": "InstanceIds", "values": [graph.one(aws.ec2.Instance).id]}]


def test_the_boot_gets_the_ids_of_its_own_volumes(graph: Graph) -> None:
    """The disks are found by the ids that AWS gave, so the user data begins with them; EC2Launch runs what follows."""
    document = base64.b64decode(graph.one(aws.ec2.Instance).inputs["userDataBase64"]).decode()
    ids = {each.name.removeprefix("windows-"): each.id for each in graph.of_type(aws.ebs.Volume)}
    first, second, *_ = document.splitlines()
    assert first == "<powershell>"
    assert second == f"$VolumeIds = @{{ 'application' = '{ids['application']}'; 'exchange' = '{ids['exchange']}' }}"
    end = "\n</powershell>\n<persist>true</persist>\n"
    assert document.endswith(end)
    assert not faults_in(document.removeprefix("<powershell>\n").removesuffix(end))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_are_powershell(path: Path) -> None:
    """Parsed by tree-sitter's PowerShell grammar: there is no PowerShell to run them with here."""
    assert not faults_in(path.read_text())


def test_the_parser_finds_faults() -> None:
    """Or the test above could not fail."""
    assert faults_in("if ($disk) { throw 'unfinished'")


def test_a_blank_disk_is_the_only_one_that_is_formatted() -> None:
    """Initialize-Disk and Format-Volume stand in the branch of a RAW disk and nowhere else."""
    script = (ROOT / "components" / "servers" / "server_files" / "windows" / "initialize_volumes.ps1").read_text()
    tree = POWERSHELL.parse(script.encode())
    destructive = [
        node
        for node in descendants(tree.root_node)
        if node.type == "command_name" and (node.text or b"").decode() in ("Initialize-Disk", "Format-Volume")
    ]
    assert len(destructive) == 2
    for node in destructive:
        [condition] = [each for each in conditions_around(node) if "PartitionStyle" in each]
        assert condition.endswith("-eq 'RAW'")


def test_letters_are_free_before_they_are_given() -> None:
    """Windows refuses a letter that another disk has, and two disks may have each other's."""
    script = (ROOT / "components" / "servers" / "server_files" / "windows" / "initialize_volumes.ps1").read_text()
    order = [
        (node.text or b"").decode()
        for node in descendants(POWERSHELL.parse(script.encode()).root_node)
        if node.type in ("command_name", "foreach_statement")
    ]
    commands = [
        each for each in order if each in ("Wait-Disk", "Remove-PartitionAccessPath", "New-Partition", "Set-Partition")
    ]
    assert commands == ["Wait-Disk", "Remove-PartitionAccessPath", "New-Partition", "Set-Partition"]
    loops = [each for each in order if each.startswith("foreach")]
    assert [sum(command in loop for command in set(commands)) for loop in loops] == [1, 1, 2]


def test_a_boot_goes_on_when_its_status_cannot_be_told() -> None:
    """Every call to AWS and to the metadata is in a block of its own, which is tried again and then left."""
    script = boot_script(APPLICATION, PARAMETER, ADDRESS)
    [function] = [
        node
        for node in descendants(POWERSHELL.parse(script.encode()).root_node)
        if node.type == "function_statement" and b"Set-BootStatus" in (node.text or b"")
    ]
    calls = [
        node
        for node in descendants(function)
        if node.type == "command_name" and (node.text or b"").decode() in ("Invoke-RestMethod", "New-EC2Tag")
    ]
    assert len(calls) == 4
    for call in calls:
        around = [each.type for each in ancestors(call)]
        assert around.index("try_statement") < around.index("foreach_statement") < around.index("function_statement")
    assert not [node for node in descendants(function) if (node.text or b"") == b"throw"]


def ancestors(node: Node) -> Iterator[Node]:
    while (above := node.parent) is not None:
        yield above
        node = above


def descendants(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from descendants(child)


def conditions_around(node: Node) -> Iterator[str]:
    """The conditions of the ``if`` statements in whose first branch a node stands."""
    above = node.parent
    while above is not None:
        if above.type == "if_statement" and (condition := above.child_by_field_name("condition")) is not None:
            yield (condition.text or b"").decode()
        above = above.parent


def test_ftp_answers_with_the_gateways_address_and_ports() -> None:
    """IIS would otherwise offer its private address and ports from 49152, neither of which a client could reach."""
    script = boot_script(APPLICATION, PARAMETER, ADDRESS)
    assert "set_ftp_passive.ps1\" -PublicAddress '192.0.2.20' -FirstPort 2048 -LastPort 4096" in script


def test_windows_own_firewall_lets_in_what_the_security_group_does() -> None:
    """Each port once, however many may come by it and whichever range holds it."""
    [file] = configuration(ADMITS).files
    assert file.content == "21\n2048-4096\n5900\n"


def test_ports_are_read_at_each_boot_and_each_minute(graph: Graph) -> None:
    """A port more is a new version of the parameter, and no other instance: its user data only names it."""
    name = graph.one(aws.ssm.Parameter).inputs["name"]
    script = base64.b64decode(graph.one(aws.ec2.Instance).inputs["userDataBase64"]).decode()
    assert f"apply_configuration.ps1\" -Name '{name}' -AtBoot\n" in script
    assert f'apply_configuration.ps1 -Name {name}"\n' in script
    assert script.count("5900") == 0
    assert "-RepetitionInterval (New-TimeSpan -Minutes 1)" in script


def test_ports_that_windows_refuses_leave_the_others_open() -> None:
    """The rule is changed in place, and made only where there is none."""
    firewall = (ROOT / "components" / "servers" / "server_files" / "windows" / "open_firewall.ps1").read_text()
    commands = [
        (node.text or b"").decode()
        for node in descendants(POWERSHELL.parse(firewall.encode()).root_node)
        if node.type == "command_name"
    ]
    assert "Remove-NetFirewallRule" not in commands
    assert commands.index("Get-NetFirewallRule") < commands.index("Set-NetFirewallRule")


def test_a_server_that_nothing_is_forwarded_to_opens_no_port() -> None:
    """PowerShell refuses an empty list, and splits an empty text into one empty port, unless it is told otherwise. A
    rule without ports would let all of them through."""
    [file] = configuration(()).files
    assert file.content == ""
    apply, firewall = (
        (ROOT / "components" / "servers" / "server_files" / "windows" / name).read_text()
        for name in ("apply_configuration.ps1", "open_firewall.ps1")
    )
    assert r"-Ports @($document.files[0].content -split '\s+' | Where-Object { $_ })" in apply
    assert "[AllowEmptyCollection()] [string[]] $Ports" in firewall
    rules = {
        " ".join((node.text or b"").decode().split())
        for node in descendants(POWERSHELL.parse(firewall.encode()).root_node)
        if node.type == "command" and (node.text or b"").startswith(b"Set-NetFirewallRule")
    }
    assert rules == {
        "Set-NetFirewallRule -DisplayName $rule -Enabled False",
        "Set-NetFirewallRule -DisplayName $rule -Enabled True -Protocol TCP -LocalPort $Ports",
    }


def test_a_server_that_cannot_look_for_its_configuration_is_not_ready() -> None:
    """As on Linux: what was applied last counts for a quarter of an hour, unless it is looked for."""
    apply, publish = (
        (ROOT / "components" / "servers" / "server_files" / "windows" / name).read_text()
        for name in ("apply_configuration.ps1", "publish_boot_status.ps1")
    )
    unchanged = apply.partition('$last.StartsWith("$version ")')[2].partition("return")[0]
    assert "(Get-Item $outcome).LastWriteTimeUtc = [DateTime]::UtcNow" in unchanged
    assert "$outcome.LastWriteTimeUtc -gt [DateTime]::UtcNow.AddMinutes(-15)" in publish
    assert "-and $isConfigured)" in publish


def test_a_server_whose_logs_are_not_sent_is_not_ready() -> None:
    """State Manager installs the agent: that it could not is told to nobody. Where it is not installed, there is no
    service to ask, which is an error in strict mode."""
    publish = (ROOT / "components" / "servers" / "server_files" / "windows" / "publish_boot_status.ps1").read_text()
    assert "$agent = Get-Service -ErrorAction SilentlyContinue AmazonCloudWatchAgent\n" in publish
    assert "$sendsLogs = $agent -and $agent.Status -eq 'Running'\n" in publish
    assert "-and $sendsLogs -and" in publish


def test_a_task_publishes_what_the_boot_reports() -> None:
    """Under the names of the alarm, with the file that the boot writes."""
    publish = (ROOT / "components" / "servers" / "server_files" / "windows" / "publish_boot_status.ps1").read_text()
    assert f"-Namespace '{boot_status.NAMESPACE}'" in publish
    assert f"MetricName = '{boot_status.METRIC}'" in publish
    script = boot_script(APPLICATION, PARAMETER, ADDRESS)
    assert r'Set-Content -Path "$platform\status" -Value $Status' in script
    assert r"Get-Content -ErrorAction SilentlyContinue 'C:\ProgramData\Platform\status'" in script
    assert script.index("Register-ScheduledTask") < script.index("Set-BootStatus booting")


def test_each_volume_has_its_letter() -> None:
    script = boot_script(APPLICATION, PARAMETER, ADDRESS)
    assert "-DriveLetters @{ 'application' = 'D'; 'exchange' = 'E' }\n" in script


def test_the_scripts_are_left_on_the_server_as_they_are() -> None:
    """For people to run again: each stands whole in the boot, in a here-string that nothing in it ends."""
    script = boot_script(APPLICATION, PARAMETER, ADDRESS)
    for path in SCRIPTS:
        assert f"{path.name}\" -Value @'\n{path.read_text()}'@\n" in script
        assert "\n'@" not in path.read_text()


@pytest.mark.parametrize("letter", ["C", "d", "DE", ""])
def test_a_drive_letter_that_windows_has_not_to_give_is_refused(letter: str) -> None:
    assert faults_of(lambda: WindowsVolumeSettings(name="data", size_gib=1, drive_letter=letter)) == [
        f'drive_letter: got "{letter}", expected a letter from D to Z'
    ]


def test_settings_that_could_not_work_are_refused() -> None:
    first, second = APPLICATION.volumes
    assert faults_of(lambda: APPLICATION.changed(volumes=(first, second.changed(drive_letter="D")))) == [
        'volumes: got ["D"], expected each drive_letter once'
    ]
    for ports in ("20-4096", "4097-4096"):
        assert faults_of(lambda: APPLICATION.changed(ftp_passive_ports=ports)) == [  # noqa: B023
            f'ftp_passive_ports: got "{ports}", expected a range of ports from 1025 to 65535, such as 2048-4096'
        ]
