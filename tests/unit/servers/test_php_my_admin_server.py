"""Row 11, phpMyAdmin: who opens it, and which databases it knows."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping

import pulumi_aws as aws
import pytest

from components.servers.php_my_admin_server import PhpMyAdminServer, PhpMyAdminServerArgs
from settings.php_my_admin import PhpMyAdminSettings
from settings.server_size import ServerSizeSettings
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.configured import configured
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

SIZE = ServerSizeSettings(instance_type="t4g.small")
ADDRESSES = {"shared": "shared.rds.amazonaws.com", "site": "site.rds.amazonaws.com"}


def _built(php_my_admin: PhpMyAdminSettings) -> Graph:
    args = PhpMyAdminServerArgs(
        placement=PLACEMENT, php_my_admin=php_my_admin, clients={"vpn": "sg-vpn"}, addresses=ADDRESSES
    )
    return build(lambda: PhpMyAdminServer("php-my-admin", args))


@pytest.fixture(scope="module")
def graph() -> Graph:
    """With its defaults."""
    return _built(PhpMyAdminSettings(size=SIZE))


def _files(graph: Graph) -> Mapping[str, str]:
    packed = base64.b64decode(graph.one(aws.ec2.Instance).inputs["userDataBase64"])
    document = json.loads(gzip.decompress(packed).decode().removeprefix("#cloud-config\n"))
    return {each["path"]: each["content"] for each in (*document["write_files"], *configured(graph))}


@pytest.mark.row(11)
def test_only_the_vpns_clients_open_it(graph: Graph) -> None:
    """HTTP from the named security group; no address of its own to the outside, and no other port."""
    rule = graph.one(aws.vpc.SecurityGroupIngressRule).inputs
    assert (rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) == ("sg-vpn", 80, 80)
    assert not graph.of_type(aws.ec2.Eip)


def test_people_find_it_by_name(graph: Graph) -> None:
    assert graph.one(aws.route53.Record).inputs["name"] == "phpmyadmin.internal-client.url"


@pytest.mark.row(11)
def test_by_default_it_knows_only_the_shared_database(graph: Graph) -> None:
    """Row 5: only its own site reaches the production database."""
    databases = _files(graph)["/etc/phpmyadmin/databases.php"]
    assert ADDRESSES["shared"] in databases
    assert ADDRESSES["site"] not in databases


def test_config_adds_a_database() -> None:
    """In the order of config, which is that of the login page."""
    databases = _files(_built(PhpMyAdminSettings(size=SIZE, databases=("site", "shared"))))[
        "/etc/phpmyadmin/databases.php"
    ]
    assert databases.index(ADDRESSES["site"]) < databases.index(ADDRESSES["shared"])


def test_another_database_is_no_other_instance(graph: Graph) -> None:
    """Nobody is logged out: it is another version of the parameter."""
    changed = _built(PhpMyAdminSettings(size=SIZE, databases=("shared", "site")))
    user_data = {each.one(aws.ec2.Instance).inputs["userDataBase64"] for each in (graph, changed)}
    assert len(user_data) == 1
    assert configured(graph) != configured(changed)


@pytest.mark.parametrize(
    ("databases", "message"),
    [
        ((), "databases: got 0 entries, expected 1 entry or more"),
        (("shared", "shared"), 'databases: got ["shared", "shared"], expected each database once'),
    ],
)
def test_databases_are_each_named_once(databases: tuple[str, ...], message: str) -> None:
    assert faults_of(lambda: PhpMyAdminSettings(size=SIZE, databases=databases)) == [message]


def test_the_user_data_holds_no_secret(graph: Graph) -> None:
    """Anyone with ec2:DescribeInstanceAttribute reads it: logins are the databases' own, and the secret that encrypts
    cookies is made on the server."""
    assert not graph.one(aws.ec2.Instance).is_secret("userDataBase64")
    ours = "".join(content for path, content in _files(graph).items() if "phpmyadmin" in path)
    assert "$cfg['blowfish_secret']" not in ours
    assert "password" not in ours.lower()
