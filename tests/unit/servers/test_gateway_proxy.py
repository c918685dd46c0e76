"""Row 10, the gateway: who reaches it on which ports, and what it reaches behind it."""

from __future__ import annotations

import base64
import gzip
import json
from ipaddress import IPv4Network
from typing import Any

import pulumi_aws as aws
import pytest

from components.network.security_group import SecurityGroup, SecurityGroupArgs
from components.servers.gateway_proxy import GatewayProxy, GatewayProxyArgs
from components.servers.gateway_proxy import configuration as gateway_configuration
from policies.rules.network.gateway_sources import GATEWAY_INGRESS_ALLOW_LISTED
from settings.forwards import ForwardSettings
from settings.gateway import AllowedSourceSettings, GatewaySettings
from settings.server_size import ServerSizeSettings
from tests.policies.analyzer import analyze, fired, nodes_of
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.configured import configured
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

WINDOWS, SATELLITE = "windows.internal-client.url", "custom-connection.internal-client.url"
OFFICE = AllowedSourceSettings(cidr=IPv4Network("192.0.2.0/28"), owner="Client", reason="Offices of the client")
PARTNER = AllowedSourceSettings(
    cidr=IPv4Network("198.51.100.7/32"), owner="Partner", reason="Fetches the orders", expires="2999-12-31"
)
FORWARDS = (
    ForwardSettings(name="windows-rdp", ports=(3389,), target=WINDOWS),
    ForwardSettings(name="windows-ftp", ports=(21,), passive_ports="2048-4096", target=WINDOWS),
    ForwardSettings(name="satellite-ftp", ports=(2021,), target_port=21, passive_ports="5000-5100", target=SATELLITE),
)
GATEWAY = GatewaySettings(
    size=ServerSizeSettings(instance_type="t4g.small"), forwards=FORWARDS, allowed=(OFFICE, PARTNER)
)


def _site() -> None:
    gateway = GatewayProxy("gateway", GatewayProxyArgs(placement=PLACEMENT, gateway=GATEWAY))
    for name, target in (("windows", WINDOWS), ("satellite", SATELLITE)):
        SecurityGroup(
            name,
            SecurityGroupArgs(
                context=PLACEMENT.context,
                vpc_id=PLACEMENT.vpc_id,
                description=name,
                ingress=gateway.ingress_to(target),
            ),
        )


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The gateway, and the groups of its two targets."""
    return build(_site)


def _rules(graph: Graph, group: str) -> list[Any]:
    owner = graph.one(aws.ec2.SecurityGroup, name=f"{group}-group")
    return [
        each.inputs
        for each in graph.of_type(aws.vpc.SecurityGroupIngressRule)
        if each.inputs["securityGroupId"] == owner.id
    ]


@pytest.mark.row(10)
def test_the_allowed_sources_reach_only_the_forwarded_ports(graph: Graph) -> None:
    """Each source on each run of ports, whatever listener has which part of it; each rule says who vouches for it."""
    assert {
        (rule["cidrIpv4"], rule["fromPort"], rule["toPort"], rule["description"])
        for rule in _rules(graph, "gateway-server-access")
    } == {
        (source, first, last, reason)
        for source, reason in (
            ("192.0.2.0/28", "Client: Offices of the client"),
            ("198.51.100.7/32", "Partner: Fetches the orders"),
        )
        for first, last in ((21, 21), (2021, 2021), (2048, 4096), (5000, 5100))
    }


@pytest.mark.parametrize(
    ("target", "ports"), [("windows", {(21, 21), (2048, 4096)}), ("satellite", {(21, 21), (5000, 5100)})]
)
def test_a_target_admits_the_gateway_on_what_is_forwarded_to_it(
    graph: Graph, target: str, ports: set[tuple[int, int]]
) -> None:
    """From the gateway's group, at the ports as they are at the target, and nothing of what goes to the other."""
    gateway = graph.one(aws.ec2.SecurityGroup, name="gateway-server-access-group")
    rules = _rules(graph, target)
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == ports
    assert {rule["referencedSecurityGroupId"] for rule in rules} == {gateway.id}


def test_its_address_outlives_the_server(graph: Graph) -> None:
    """Partners have it in their firewalls: it is an Elastic IP that refuses to be deleted."""
    address = graph.one(aws.ec2.Eip)
    assert address.protect
    assert graph.one(aws.ec2.EipAssociation).inputs["allocationId"] == address.id


def test_the_policy_evaluates_its_group(graph: Graph) -> None:
    """The group carries the tag that the policy looks for: without the list each of its rules is a violation, and with
    the list none."""
    rule = GATEWAY_INGRESS_ALLOW_LISTED
    listed = [
        {"cidr": str(each.cidr), "owner": each.owner, "reason": each.reason, "expires": "2999-12-31"}
        for each in GATEWAY.allowed
    ]
    assert len(fired(analyze(nodes_of(graph), rules=[rule]))) == len(_rules(graph, "gateway-server-access"))
    assert not analyze(nodes_of(graph), rules=[rule], config={rule.id: {"allowed": listed}})


@pytest.mark.row(10)
def test_the_configuration_is_in_the_parameter(graph: Graph) -> None:
    """As the real HAProxy takes it (tests/servers), where systemd's unit looks for it."""
    packed = base64.b64decode(graph.one(aws.ec2.Instance).inputs["userDataBase64"])
    document = json.loads(gzip.decompress(packed).decode().removeprefix("#cloud-config\n"))
    files = {each["path"]: each["content"] for each in document["write_files"]}
    assert "haproxy" in files["/etc/boot-platform/packages"].split()
    assert "CONFIG=/etc/haproxy/gateway.cfg" in files["/etc/systemd/system/haproxy.service.d/gateway.conf"]
    [file] = configured(graph)
    [expected] = gateway_configuration(FORWARDS).files
    assert (file["path"], file["content"]) == ("/etc/haproxy/gateway.cfg", expected.content)


def test_another_forward_is_no_other_instance(graph: Graph) -> None:
    """Nobody is cut: a new port on the list adds rules, and changes the parameter and nothing else."""
    more = GATEWAY.changed(forwards=(*FORWARDS, ForwardSettings(name="windows-smb", ports=(445,), target=WINDOWS)))
    changed = build(lambda: GatewayProxy("gateway", GatewayProxyArgs(placement=PLACEMENT, gateway=more)))
    assert 445 in {rule["fromPort"] for rule in _rules(changed, "gateway-server-access")}
    before = {each.name: each.inputs for each in graph.resources if each.custom}
    after = {each.name: each.inputs for each in changed.resources if each.custom}
    different = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert different == {"gateway-server-configuration"}
    assert "windows-smb" in configured(changed)[0]["content"]


def test_a_limit_of_connections_is_no_other_instance(graph: Graph) -> None:
    limited = GATEWAY.changed(connections_per_source=17)
    changed = build(lambda: GatewayProxy("gateway", GatewayProxyArgs(placement=PLACEMENT, gateway=limited)))
    user_data = {each.one(aws.ec2.Instance).inputs["userDataBase64"] for each in (graph, changed)}
    assert len(user_data) == 1
    assert "ge 17 }" in configured(changed)[0]["content"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"cidr": IPv4Network("192.0.2.0/27")},
            'cidr: got "192.0.2.0/27", expected a network of /28 or narrower, such as 192.0.2.0/28',
        ),
        (
            {"cidr": IPv4Network("0.0.0.0/0")},
            'cidr: got "0.0.0.0/0", expected a network of /28 or narrower, such as 192.0.2.0/28',
        ),
        ({"owner": ""}, 'owner: got "", expected a line of text, 1 to 256 characters'),
        ({"reason": "because"}, 'reason: got "because", expected 10 characters or more'),
        ({"expires": "2027-02-29"}, 'expires: got "2027-02-29", expected a day in quotes, such as "2027-06-30"'),
        ({"expires": "30/06/2027"}, 'expires: got "30/06/2027", expected a day in quotes, such as "2027-06-30"'),
    ],
)
def test_an_entry_that_the_policy_would_refuse_is_refused(wrong: dict[str, Any], message: str) -> None:
    """Without the policies too: `pulumi up` may run without them."""
    assert faults_of(lambda: OFFICE.changed(**wrong)) == [message]


def test_a_day_without_quotes_is_a_day() -> None:
    """YAML reads it as a time, and the engine hands it to the program in Go's spelling."""
    AllowedSourceSettings(
        cidr=OFFICE.cidr, owner="Client", reason=OFFICE.reason, expires="2027-06-30 00:00:00 +0000 UTC"
    )


@pytest.mark.parametrize("reason", ["The client's offices", "Größe der Firma", "x" * 250])
def test_a_reason_that_aws_takes_for_no_description_is_refused(reason: str) -> None:
    """Offline, and not in the middle of an update: AWS has no apostrophe in a rule's description."""
    (message,) = faults_of(lambda: OFFICE.changed(reason=reason))
    assert message.startswith('reason: got "')
    assert "expected 1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* in owner and reason together" in message


def test_a_source_is_listed_once() -> None:
    """The second would make rules that AWS refuses as duplicates."""
    assert faults_of(lambda: GATEWAY.changed(allowed=(OFFICE, OFFICE))) == [
        f'allowed: got ["{OFFICE.cidr}"], expected each cidr once'
    ]


def test_forwards_that_claim_the_same_port_are_refused() -> None:
    with pytest.raises(ValueError, match="forwards: got windows-rdp 3389 and other 3389, expected ranges that do not"):
        GatewaySettings(
            size=GATEWAY.size,
            forwards=(*FORWARDS, ForwardSettings(name="other", ports=(3389,), target=SATELLITE)),
            allowed=(OFFICE,),
        )
