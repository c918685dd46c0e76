"""What docs/operations.md tells people to type and to look at is there: in servers' files, the outputs and config."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shlex
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
import pulumi_aws as aws
import pytest
import yaml
from botocore import xform_name

from components.servers.boot_status import TAG
from components.servers.cloud_init import LOG
from settings.gateway import AllowedSourceSettings
from settings.stack_file import Settings
from tests.unit.graph import Graph
from tests.unit.program import ROOT, program
from tests.unit.settings.test_configuration_page import keys

PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"(?:^ {4}\S.*\n(?: {4,}.*\n)*)", PAGE, re.MULTILINE)
# A code span may go on in the next line.
SPANS = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", PAGE)]
# What the servers' packages write, by the pages that say so.
OF_PACKAGES = {
    "/var/log/unattended-upgrades/unattended-upgrades.log": "Debian's unattended-upgrades, README",
    "/var/log/cloud-init-output.log": "cloud-init, Log files",
    "/run/openvpn-server/status-server.log": "Debian's openvpn-server@.service",
    "/var/log/nginx/access.log": "Debian's nginx.conf",
    "/var/log/nginx/error.log": "Debian's nginx.conf",
    "/var/log/eb-engine.log": "Elastic Beanstalk, Instance logs",
    "/var/app/current/var/log/first_installation.log": "platform_config/magento/.platform/install_magento.php",
    "/var/app/current/pub/media": "Magento's media, which a share is",
    "/mnt/restored": "the page itself makes it",
    "/mnt/restored/catalog/": "the same",
    "/srv/client-media/catalog/": "Magento's media",
    "/dev/sdp": "Device names for volumes, Amazon EC2",
}


def commands(program: str) -> Iterator[list[str]]:
    """Each command of the page that calls a program, in words. One inside it is a word, and what it is piped to is not
    part of it."""
    for text in (*BLOCKS, *SPANS):
        whole = re.sub(r'"\$\([^)]*\)"', "VALUE", text.replace("\\\n", " "))
        for line in whole.splitlines():
            for command in re.split(r" \| | && ", line.strip()):
                if command.startswith(f"{program} "):
                    yield shlex.split(command)


def boot_files(graph: Graph) -> Iterator[tuple[str, str]]:
    """The files that user data write on the Linux servers, the Windows server's script under no path, and what servers
    apply while they run."""
    for parameter in graph.of_type(aws.ssm.Parameter):
        if parameter.inputs["type"] == "SecureString":
            given = json.loads(gzip.decompress(base64.b64decode(parameter.inputs["value"])))
            yield from ((file["path"], file["content"]) for file in given["files"])
    for instance in graph.of_type(aws.ec2.Instance):
        data = base64.b64decode(instance.inputs["userDataBase64"])
        if data.startswith(b"\x1f\x8b"):
            document: dict[str, Any] = json.loads(gzip.decompress(data).decode().removeprefix("#cloud-config\n"))
            yield from ((file["path"], file["content"]) for file in document["write_files"])
        else:
            yield "", data.decode()


@pytest.fixture(scope="module")
def written() -> tuple[str, ...]:
    """All files that servers and instances are given, each after the path that it is written to."""
    hooks = (path.read_text() for path in (ROOT / "platform_config").rglob("*.sh"))
    return (*(f"{path}\n{content}" for path, content in boot_files(program("prod"))), *hooks)


def test_every_server_and_satellite_has_its_section() -> None:
    """One a kind of server, with its place in `servers`, and where its data and logs are."""
    rows = dict(re.findall(r"^\| \[([^]]+)\]\(#\S+\) \|.*\| `?(\w*)`? \|[^|]*\|[^|]*\|$", PAGE, re.MULTILINE))
    assert set(rows.values()) - {""} == set(program("prod").exports["servers"])
    for title in rows:
        section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        assert "**Data**" in section, title
        assert re.search(r"\*\*Logs\*\*|\.log`", section), title
    assert set(program("preprod").exports["servers"]) <= set(rows.values())
    for satellite in program("prod").exports["satellites"]:
        assert f"`client-prod-{satellite}`" in PAGE


def test_the_table_names_outputs_and_instances() -> None:
    cells = [
        [cell.strip().strip("`") for cell in row.split("|")[1:-1]]
        for row in re.findall(r"^\| \[.*$", PAGE, re.MULTILINE)
    ]
    names = {each.name for each in program("prod").of_type(aws.ec2.Instance)}
    assert {instance for *_, instance, _ in cells} - {"Beanstalk's"} == names
    for _, output, *_ in cells:
        assert output in program("prod").exports


def test_every_output_is_one() -> None:
    """What `pulumi stack output` asks for, what is called an output, and what jq picks out of it."""
    asked = re.findall(r"pulumi stack output -s prod (\w+)(?: \| jq -r '?([^')\n]+)'?\))?", PAGE)
    assert len(asked) > 5
    for output, picked in (*asked, *((name, "") for name in re.findall(r"outputs?\s+`(\w+)`", PAGE))):
        exported = program("prod").exports[output]
        assert not picked or jmespath.search(_as_jmespath(picked), exported)


def _as_jmespath(expression: str) -> str:
    return re.sub(r'^\.\["([\w-]+)"\]$', r'"\1"', expression).removeprefix(".")


def test_the_outputs_lead_to_the_servers() -> None:
    """Public addresses are the Elastic IPs, names are in the zone, and of a password there is only where it is kept."""
    prod, preprod = program("prod"), program("preprod")
    for server in ("vpn", "gateway"):
        assert (
            prod.exports[f"{server}_address"]
            == prod.one(aws.ec2.Eip, name=f"operations-{server}-address").outputs["publicIp"]
        )
    assert prod.exports["file_server"] == "nfs.internal-client.url"
    assert prod.exports["windows_host"] == "windows.internal-client.url"
    assert prod.exports["rundeck_url"] == "https://rundeck.internal-client.url:4440"
    assert prod.exports["phpmyadmin_url"] == "http://phpmyadmin.internal-client.url"
    secrets = {each.outputs["arn"]: each.name for each in prod.of_type(aws.secretsmanager.Secret)}
    named = {
        "admin": prod.exports["rundeck_admin_secret"],
        "release": prod.exports["rundeck_release_secret"],
        **prod.exports["ftp_secrets"],
    }
    assert {label: secrets[arn] for label, arn in named.items()} == {
        "admin": "operations-rundeck-admin-secret",
        "release": "operations-rundeck-release-secret",
        "custom-connection": "custom-connection-ftp-credentials-secret",
    }
    assert {name: secrets[arn] for name, arn in prod.exports["database_secrets"].items()} == {
        "shared": "shared-database-credentials-secret",
        "site": "site-database-credentials-secret",
    }
    assert preprod.exports["file_server"] == "nfs-preprod.internal-client.url"
    assert not {"gateway_address", "rundeck_url", "windows_host"} & preprod.exports.keys()


def test_every_path_is_there(written: tuple[str, ...]) -> None:
    """Given to a server by the stack, or made by a package that is named here."""
    paths = {
        path.rstrip(".,")
        for text in (*BLOCKS, *SPANS)
        for path in re.findall(r"(?<![\w.}\])])/(?:dev|etc|mnt|root|run|srv|usr|var)/[\w./@-]*\w/?", text)
    }
    assert len(paths) > 25
    user = re.compile(r"jane\.doe\.ovpn$")
    for path in paths - set(OF_PACKAGES):
        if path.startswith("/dev/disk/by-id/"):
            known = any("nvme-Amazon_Elastic_Block_Store_${volume/-/}" in text for text in written)
        else:
            known = _is_written(user.sub("", path).rstrip("/"), written)
        assert known, path


def _is_written(path: str, written: tuple[str, ...]) -> bool:
    """Whether a file has it, whole or in the parts that a script puts together, from a directory such as /etc/rundeck
    on."""
    _, *parts = path.split("/")
    beginnings = (("/".join(["", *parts[:end]]), parts[end:]) for end in range(len(parts), 1, -1))
    return any(
        beginning in text and all(f"/{part}" in text for part in rest)
        for beginning, rest in beginnings
        for text in written
    )


def test_every_windows_path_is_there(written: tuple[str, ...]) -> None:
    for path in re.findall(r"`(C:\\[^`]+)`", PAGE):
        # "Log files for EC2Launch v2", and "Troubleshooting the CloudWatch agent"
        if "EC2Launch" not in path and r"AmazonCloudWatchAgent\Logs" not in path:
            folder, _, name = path.rpartition("\\")
            assert any(folder in text and f"\\{name}" in text for text in written), path
    for script in re.findall(r"`(\w+\.ps1)`", PAGE):
        assert any(f"\\{script}" in text for text in written)


def test_every_unit_is_one_that_a_boot_starts(written: tuple[str, ...]) -> None:
    units = set(re.findall(r"(?:--unit|systemctl (?:stop|restart)) '?([\w@*-]+)", PAGE))
    assert units == {"haproxy", "nfs-server", "openvpn-server@server", "php*-fpm", "publish-boot-status", "rundeckd"}
    for unit in units - {"php*-fpm", "publish-boot-status"}:
        assert any(re.search(rf"systemctl enable (--now )?{unit}\b", text) for text in written)
    assert any('systemctl enable "php$version-fpm"' in text for text in written)
    assert any("systemctl start publish-boot-status.timer" in text for text in written)


def test_every_host_name_is_in_the_zone() -> None:
    records = {
        each.inputs["name"] for stack in ("prod", "preprod") for each in program(stack).of_type(aws.route53.Record)
    }
    named = set(re.findall(r"[\w-]+\.internal-client\.url", PAGE))
    assert len(named) == 5
    assert named <= records


def test_every_config_key_is_one() -> None:
    """`size` alone is short for every server's own."""
    known = set(keys(Settings))
    known |= {part for key in known for part in (key.rpartition(".")[0].removesuffix("[]"), key.rpartition(".")[0])}
    known |= {key.partition(".")[2] for key in known if ".size." in key}
    sections = "|".join(sorted({key.partition(".")[0].removesuffix("[]") for key in known} | {"size"}))
    mentioned = {span for span in SPANS if re.fullmatch(rf"(?:{sections})(?:\[\])?\.[\w.\[\]]+", span)}
    assert len(mentioned) > 8
    assert mentioned <= known
    removed = re.search(r"Remove its section from the stack file: (.+?)\.", PAGE, re.DOTALL)
    assert removed
    assert set(re.findall(r"`(\w+)`", removed[1])) <= set(Settings.model_fields)


def test_the_entry_that_admits_an_address_is_valid() -> None:
    [block] = [each for each in BLOCKS if "cidr:" in each]
    [entry] = yaml.safe_load(block)
    source = AllowedSourceSettings(**{**entry, "cidr": IPv4Network(entry["cidr"])})
    assert source.expires == "2027-06-30"


def test_how_a_boot_says_how_it_went() -> None:
    assert f"`{TAG}`" in PAGE
    assert f"`{LOG}`" in PAGE


def test_the_volume_of_the_example_is_one() -> None:
    [name] = re.findall(r"Name=tag:Name,Values=(\S+)", PAGE)
    assert name in {each.inputs["tags"]["Name"] for each in program("prod").of_type(aws.ebs.Volume)}


def test_every_command_of_the_aws_cli_is_one() -> None:
    """Each operation is its service's, takes the options that it is given, and answers in a form that can be asked."""
    checked = 0
    for _, service, operation, *options in commands("aws"):
        if (service, operation) == ("ssm", "start-session"):
            names = {"Target", "DocumentName", "Parameters"}
        else:
            client = boto3.client(service, region_name="eu-west-3", aws_access_key_id="x", aws_secret_access_key="x")
            [name] = [each for each in client.meta.service_model.operation_names if xform_name(each, "-") == operation]
            names = set(client.meta.service_model.operation_model(name).input_shape.members)
        for option in (each for each in options if each.startswith("--")):
            if option not in ("--output", "--query", "--max-items"):
                assert option in {f"--{xform_name(each, '-')}" for each in names}, f"{service} {operation} {option}"
        if "--query" in options:
            jmespath.compile(options[options.index("--query") + 1])
        checked += 1
    assert checked > 12
