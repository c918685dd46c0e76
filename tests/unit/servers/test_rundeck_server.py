"""Row 9, the Rundeck server: who opens it, what outlives it, what it may do in AWS and which jobs it comes with."""

from __future__ import annotations

import base64
import configparser
import gzip
import json
import re
from dataclasses import replace
from typing import Any

import pulumi_aws as aws
import pulumi_random as random
import pytest
import typer
import yaml

from components.servers.rundeck_server import RundeckServer, RundeckServerArgs, boot, configuration
from release import bundle, frozen_plan
from release.acceptance import codes_of, spelled
from release.app import app
from release.hold_commands import networks
from settings.rundeck import RundeckSettings, RundeckSizeSettings
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.servers.placement import PLACEMENT
from tests.unit.settings.faults import faults_of

RUNDECK = RundeckSettings(size=RundeckSizeSettings(instance_type="t4g.medium"))
ARGS = RundeckServerArgs(
    placement=PLACEMENT, rundeck=RUNDECK, clients={"vpn": "sg-vpn"}, releases_bucket="client-magento-releases"
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(lambda: RundeckServer("rundeck", ARGS))


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """What the server has, by path."""
    booted = boot(
        ARGS,
        admin_secret="arn:admin",
        release_secret="arn:release",
        storage_secret="arn:storage",
        releases_bucket="client-magento-releases",
    )
    applied = configuration(ARGS, ansible_bucket="client-ansible")
    return {each.path: each.content for each in (*booted.files, *applied.files)}


@pytest.fixture(scope="module")
def jobs(files: dict[str, str]) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(files["/etc/boot-platform/rundeck-jobs.yaml"])
    return loaded


def statements(graph: Graph) -> list[dict[str, Any]]:
    policy = json.loads(graph.one(aws.iam.RolePolicy, name="rundeck-server-rights").inputs["policy"])
    found: list[dict[str, Any]] = policy["Statement"]
    return found


@pytest.mark.row(9)
def test_rundeck_is_opened_from_inside_only(graph: Graph) -> None:
    """Port 4440 from the security groups that the platform names; no range of addresses at all, no public address."""
    rule = graph.one(aws.vpc.SecurityGroupIngressRule).inputs
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 4440, 4440)
    assert rule["referencedSecurityGroupId"] == "sg-vpn"
    assert "cidrIpv4" not in rule
    assert graph.of_type(aws.ec2.EipAssociation) == ()


@pytest.mark.row(9)
def test_rundeck_has_a_name(graph: Graph, files: dict[str, str]) -> None:
    """The one that people type, which Rundeck also uses for itself: it redirects there after a login."""
    record = graph.one(aws.route53.Record).inputs
    assert (record["zoneId"], record["name"], record["type"]) == ("ZINTERNAL", "rundeck.internal-client.url", "A")
    assert graph.one("magento:servers:RundeckServer").outputs["url"] == "https://rundeck.internal-client.url:4440"
    properties = files["/etc/boot-platform/rundeck-config.properties"].splitlines()
    assert "grails.serverURL=https://rundeck.internal-client.url:4440" in properties
    # Nobody else reaches what is not encrypted.
    assert "server.address=127.0.0.1" in properties


@pytest.mark.row(9)
def test_jobs_and_data_outlive_the_instance(graph: Graph, files: dict[str, str]) -> None:
    """Rundeck's home is a volume that refuses to be deleted, and without it Rundeck does not start."""
    volume = graph.one(aws.ebs.Volume)
    assert volume.protect
    assert volume.inputs["encrypted"] is True
    data = graph.one(aws.ec2.Instance).inputs["userDataBase64"]
    document = yaml.safe_load(gzip.decompress(base64.b64decode(data)))
    table = next(file for file in document["write_files"] if file["path"] == "/etc/boot-platform/volumes")
    assert table["content"] == f"{volume.id} /var/lib/rundeck\n"
    service = files["/etc/systemd/system/rundeckd.service.d/platform.conf"]
    assert "RequiresMountsFor=/var/lib/rundeck" in service
    assert re.findall(r"ExecStartPre=(.+)", service) == ["/usr/local/sbin/keep_database.sh"]
    assert "/usr/local/sbin/keep_database.sh" in files


def test_what_rundeck_keeps_can_be_read_by_the_next_instance(graph: Graph, files: dict[str, str]) -> None:
    """The storage password is the stack's and protected: one made by the package would go with the instance."""
    passwords = graph.of_type(random.RandomPassword)
    assert {each.name for each in passwords} == {
        "rundeck-admin-password",
        "rundeck-release-password",
        "rundeck-storage-password",
    }
    assert all(each.protect for each in passwords)
    properties = files["/etc/boot-platform/rundeck-config.properties"]
    assert re.findall(r"(\S+)\.config\.password=@storage_password@\n", properties) == [
        "rundeck.storage.converter.1",
        "rundeck.config.storage.converter.1",
    ]


def test_passwords_are_fetched_by_the_servers_role(graph: Graph) -> None:
    """User data says where they are, never what they are; the role may read these secrets and no other."""
    arns = {each.outputs["arn"] for each in graph.of_type(aws.secretsmanager.Secret)}
    [reads] = [each for each in statements(graph) if "secretsmanager:GetSecretValue" in each["Action"]]
    assert set(reads["Resource"]) == arns
    data = graph.one(aws.ec2.Instance).inputs["userDataBase64"]
    document = gzip.decompress(base64.b64decode(data)).decode()
    assert all(arn in document for arn in arns)
    assert not any(each.outputs["result"] in document for each in graph.of_type(random.RandomPassword))


def test_jobs_release_with_the_role_of_a_stack(graph: Graph) -> None:
    """The server itself may neither deploy nor send commands, and reads no release: it takes the role of the client's
    stack, which has a name of its own."""
    (takes,) = (each for each in statements(graph) if "sts:AssumeRole" in each["Action"])
    assert takes["Action"] == ["sts:AssumeRole"]
    assert takes["Resource"] == ["arn:aws:iam::123456789012:role/client-*-releases"]
    allowed = {action for each in statements(graph) for action in each["Action"] if isinstance(each["Action"], list)}
    assert not [each for each in allowed if each.startswith(("ssm:Send", "elasticbeanstalk:"))]
    releases = [each for each in statements(graph) if "client-magento-releases" in json.dumps(each)]
    assert releases == []


def test_what_rundeck_may_do_everywhere_only_looks(graph: Graph) -> None:
    """On all resources there are reading actions and nothing that writes."""
    [anywhere] = [each for each in statements(graph) if each["Resource"] == ["*"]]
    assert all(re.match(r"\w+:(Describe|Get)\w+$", action) for action in anywhere["Action"])


@pytest.fixture(scope="module")
def of_sessions(graph: Graph) -> list[dict[str, Any]]:
    return [each for each in statements(graph) if any("Session" in action for action in each["Action"])]


def test_ansible_starts_shells_on_the_clients_instances_only(of_sessions: list[dict[str, Any]]) -> None:
    """Those of all its stacks, by their tags, and by the document of the recorded shells: no forwarded port, and no
    instance that somebody else's program made in the account."""
    starts = {each["Resource"][0]: each["Condition"] for each in of_sessions if each["Action"] == ["ssm:StartSession"]}
    checked = {"ssm:SessionDocumentAccessCheck": "true"}
    assert starts == {
        "arn:aws:ec2:eu-west-3:123456789012:instance/*": {
            "StringEquals": {"ssm:resourceTag/Client": "client", "ssm:resourceTag/ManagedBy": "pulumi"},
            "BoolIfExists": checked,
        },
        "arn:aws:ssm:eu-west-3:123456789012:document/SSM-SessionManagerRunShell": {"BoolIfExists": checked},
    }


def test_ansible_reaches_no_session_of_another(of_sessions: list[dict[str, Any]]) -> None:
    """People's shells are theirs: it resumes and ends what its own role has started."""
    [others] = [each for each in of_sessions if each["Action"] != ["ssm:StartSession"]]
    assert others["Action"] == ["ssm:ResumeSession", "ssm:TerminateSession"]
    assert others["Condition"] == {"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}}


def test_files_pass_through_a_bucket_that_keeps_them_a_day(graph: Graph) -> None:
    """Playbooks may hold passwords. Neither an object nor an older version of it is there for long."""
    bucket = graph.one(aws.s3.Bucket)
    lifecycle = graph.one(aws.s3.BucketLifecycleConfiguration).inputs
    days = {rule["id"]: rule for rule in lifecycle["rules"]}
    assert days["expire"]["expiration"] == {"days": 1}
    assert days["older-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    block = graph.one(aws.s3.BucketPublicAccessBlock).inputs
    assert all(value for name, value in block.items() if name != "bucket")
    of_s3 = {
        resource: each["Action"]
        for each in statements(graph)
        if all(action.startswith("s3:") for action in each["Action"])
        for resource in each["Resource"]
    }
    assert of_s3 == {
        bucket.outputs["arn"]: ["s3:GetBucketLocation"],
        # The plugin's keys start with the id of the instance.
        f"{bucket.outputs['arn']}/i-*": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    }


JOBS = {
    "Plan": [
        *("plan", "--uploaded", "${option.release}"),
        *("--accept", "${option.accept}", "--allow", "${option.allow}"),
    ],
    "Release": [
        *("deploy", "--plan", "${option.plan}", "--release", "${option.release}"),
        *("--accept", "${option.accept}", "--notify"),
    ],
    "Resume": ["resume", "--notify"],
    "Roll back": ["rollback", "--accept", "${option.accept}", "--notify"],
    "Hold on": ["hold-on", "--reason", "${option.reason}", "--allow", "${option.allow}"],
    "Hold off": ["hold-off", "--reason", "${option.reason}"],
    "Status": ["status"],
    "History": ["history", "--count", "${option.count}"],
    "Diagnose": ["diagnose"],
    "Log of an instance": ["diagnose", "--instance", "${option.instance}"],
}


@pytest.mark.row(19)
def test_each_job_is_one_command_of_the_release_tool(files: dict[str, str], jobs: list[dict[str, Any]]) -> None:
    """Its name and group are its own, its uuid too: loading the file again changes jobs and adds none."""
    assert "/usr/local/bin/shop-release" in files
    of_the_tool = [job for job in jobs if job["group"] != "Servers"]
    for job in of_the_tool:
        (step,) = job["sequence"]["commands"]
        assert step["exec"].split() == ["shop-release", "${option.environment}", *JOBS[job["name"]]]
    assert {job["name"] for job in of_the_tool} == JOBS.keys()
    assert len({job["uuid"] for job in jobs}) == len({(job["group"], job["name"]) for job in jobs}) == len(jobs)


def test_the_tool_has_each_command_of_a_job() -> None:
    """With these options."""
    for name, arguments in JOBS.items():
        command, *options = arguments[0].replace("hold-", "hold ").split() + arguments[1:]
        found: Any = typer.main.get_command(app)
        for word in [command, *(options[:1] if command == "hold" else [])]:
            found = found.commands[word]
        known = {option for parameter in found.params for option in parameter.opts}
        assert {each for each in options if each.startswith("--")} | {"--stack"} <= known, name


def test_a_job_is_started_once_at_a_time(jobs: list[dict[str, Any]]) -> None:
    assert all(job["multipleExecutions"] is False for job in jobs)


def test_a_job_asks_for_what_its_command_takes(jobs: list[dict[str, Any]]) -> None:
    """Each option is used, each one used is asked for, and no answer can be anything but a name or a number."""
    for job in jobs:
        options = {option["name"]: option for option in job.get("options", [])}
        used = {
            name for step in job["sequence"]["commands"] for name in re.findall(r"\$\{option\.(\w+)}", step["exec"])
        }
        assert used == set(options)
        for option in options.values():
            assert option["required"] is True
            for hostile in ("", "-x", "a b", "a;id", "$(id)", "a\nb", "../a", "none,none", "none --hold"):
                assert not re.fullmatch(option["regex"], hostile)


def test_what_a_job_asks_for_is_what_the_tool_takes(jobs: list[dict[str, Any]]) -> None:
    """A name that the form takes, and the tool refuses, would be found out too late."""
    options = {option["name"]: option["regex"] for job in jobs for option in job["options"]}
    for good in ("all", "environment_prod", "system_shared_database", "i-012e92fb498ad40d7"):
        assert re.fullmatch(options["servers"], good)
    for good in ("next", "2026-48", "r_1"):
        assert re.fullmatch(options["release"], good)
        assert bundle._RELEASE.fullmatch(good)
    assert options["plan"] == frozen_plan._ID.pattern
    alarms = ["alarm client-prod-target-errors", "patch Client\\Shop\\Setup\\Patch\\Data\\Names"]
    for good, words in (("none", []), (codes_of(alarms[:1]), alarms[:1]), (codes_of(alarms), alarms)):
        assert re.fullmatch(options["accept"], good)
        assert spelled([good], alarms) == words
    for good, count in (("none", 0), ("203.0.113.4", 1), ("203.0.113.0/28,198.51.100.7", 2)):
        assert re.fullmatch(options["allow"], good)
        assert len(networks([good])) == count
    assert re.fullmatch(options["environment"], "preprod")


def test_people_who_may_only_release_run_the_platforms_jobs_and_nothing_else(
    files: dict[str, str], jobs: list[dict[str, Any]]
) -> None:
    """What no rule allows is forbidden ("Access Control Policy"): no command of their own, no changed job, no key, and
    nothing on another server."""
    project, application = yaml.safe_load_all(files["/etc/boot-platform/release.aclpolicy"])
    assert project["context"] == {"project": "client-magento"}
    assert application["context"] == {"application": "rundeck"}
    allowed = {kind: [rule["allow"] for rule in rules] for kind, rules in project["for"].items()}
    assert allowed == {"resource": [["read"]], "job": [["read", "run"]], "node": [["read", "run"]]}
    assert project["for"]["resource"][0]["equals"] == {"kind": "event"}
    assert application["for"] == {"project": [{"equals": {"name": "client-magento"}, "allow": ["read"]}]}
    for policy in (project, application):
        assert policy.keys() == {"description", "context", "for", "by"}
        assert policy["by"] == {"group": "release"}
    (rule,) = project["for"]["job"]
    may_run = {job["group"] for job in jobs if re.fullmatch(rule["match"]["group"], job["group"])}
    assert may_run == {job["group"] for job in jobs} - {"Servers"} == {"Releases", "Diagnosis"}


@pytest.fixture(scope="module")
def refreshing() -> dict[str, str]:
    """What the server has where stack files say that it may refresh their environments."""
    applied = configuration(replace(ARGS, refreshed=("preprod", "staging")), ansible_bucket="client-ansible")
    return {each.path: each.content for each in applied.files}


def test_a_refresh_is_a_job_where_a_stack_file_says_so(
    refreshing: dict[str, str], jobs: list[dict[str, Any]], files: dict[str, str]
) -> None:
    """Beside the others, which stay as they are. It tells people of a failure as they do, and nothing else is another
    file."""
    *others, job = yaml.safe_load(refreshing["/etc/boot-platform/rundeck-jobs.yaml"])
    assert others == jobs
    assert job["name"] == "Refresh pre-production"
    assert job["uuid"] not in {each["uuid"] for each in jobs}
    assert job.keys() == jobs[0].keys()
    assert (job["executionEnabled"], job["multipleExecutions"]) == (True, False)
    (step,) = job["sequence"]["commands"]
    command, environment, *arguments = step["exec"].split()
    assert (command, environment) == ("shop-release", "${option.environment}")
    assert arguments == ["refresh", "--new", "--confirm", "${option.confirmation}", "--notify"]
    (release,) = (each for each in jobs if each["name"] == "Release")
    assert arguments[-1] == release["sequence"]["commands"][0]["exec"].split()[-1]
    group: Any = typer.main.get_command(app)
    known = {option for parameter in group.commands["refresh"].params for option in parameter.opts}
    assert {each for each in arguments if each.startswith("--")} | {"--stack"} <= known
    assert {path for path, content in refreshing.items() if content != files[path]} == {
        "/etc/boot-platform/rundeck-jobs.yaml"
    }


def test_a_refresh_takes_an_environment_of_the_list_and_the_name_of_its_stack(refreshing: dict[str, str]) -> None:
    job = yaml.safe_load(refreshing["/etc/boot-platform/rundeck-jobs.yaml"])[-1]
    options = {option["name"]: option for option in job["options"]}
    assert all(option["required"] is True and "value" not in option for option in options.values())
    patterns = {name: option["regex"] for name, option in options.items()}
    assert patterns.keys() == {"environment", "confirmation"}
    assert [
        each for each in ("preprod", "staging", "prod", "preprod2", "") if re.fullmatch(patterns["environment"], each)
    ] == [
        "preprod",
        "staging",
    ]
    for good in ("preprod", "Pre.prod_2"):
        assert re.fullmatch(patterns["confirmation"], good)
    for hostile in ("", "-x", "a b", "a;id", "$(id)", "a\nb", "../a", "a|b"):
        assert not any(re.fullmatch(pattern, hostile) for pattern in patterns.values())


def test_a_running_server_takes_it_over() -> None:
    """What it takes over fits into a standard parameter of Systems Manager, with the longest name of a client too."""
    context = ARGS.placement.context
    named = replace(context, tags=replace(context.tags, client="maison-de-la-porcela"))
    args = replace(ARGS, refreshed=("preprod", "staging", "training"), placement=replace(ARGS.placement, context=named))
    bucket = "maison-de-la-porcela-operations-rundeck-ansible-1a2b3c4"
    assert configuration(args, ansible_bucket=bucket).value()


def test_its_boot_fits_into_user_data() -> None:
    """With the longest name of a client too. Of all servers, it carries the most."""
    context = ARGS.placement.context
    client = "qzkvtjwxmyhdrfgpbnls"
    named = replace(context, tags=replace(context.tags, client=client))
    secrets = f"arn:aws:secretsmanager:eu-west-3:123456789012:secret:{client}-operations-rundeck"
    booted = boot(
        replace(ARGS, placement=replace(ARGS.placement, context=named)),
        admin_secret=f"{secrets}-admin-8d2e7b1-kZ3xQp",
        release_secret=f"{secrets}-release-4f9c0a6-mW7vRt",
        storage_secret=f"{secrets}-storage-b51d3e8-yH2jNs",
        releases_bucket=f"{client}-magento-releases-of-all-environments-in-one-place",
    )
    name = f"{client}-operations-rundeck-server-configuration-6ae0c97"
    assert replace(booted, parameter=name, log_group=f"/{client}-operations/rundeck").user_data()


def test_only_administrators_refresh(refreshing: dict[str, str]) -> None:
    """No rule for people who only release names the job's group."""
    job = yaml.safe_load(refreshing["/etc/boot-platform/rundeck-jobs.yaml"])[-1]
    policies = list(yaml.safe_load_all(refreshing["/etc/boot-platform/release.aclpolicy"]))
    groups = [rule["match"]["group"] for policy in policies for rule in policy["for"].get("job", [])]
    assert groups
    assert not [each for each in groups if re.fullmatch(each, job["group"])]


@pytest.fixture(scope="module")
def inventory(files: dict[str, str]) -> dict[str, Any]:
    settings = configparser.ConfigParser()
    settings.read_string(files["/etc/ansible/ansible.cfg"])
    # The plugin takes no file whose name ends otherwise.
    assert settings["defaults"]["inventory"].endswith(".aws_ec2.yml")
    loaded: dict[str, Any] = yaml.safe_load(files[settings["defaults"]["inventory"]])
    return loaded


def test_ansible_finds_the_clients_instances_by_their_tags(inventory: dict[str, Any]) -> None:
    """Without a word on its command line it lists this client's instances, grouped by system and environment. Windows
    is left out."""
    assert inventory["plugin"] == "amazon.aws.aws_ec2"
    assert inventory["regions"] == ["eu-west-3"]
    assert inventory["filters"]["tag:Client"] == "client"
    assert inventory["exclude_filters"] == [{"platform": "windows"}]
    assert [group["key"] for group in inventory["keyed_groups"]] == ["tags.System", "tags.Environment"]


def test_ansible_reaches_servers_by_session_manager(inventory: dict[str, Any]) -> None:
    """No server has an open SSH port. Values are Jinja expressions: a text is in quotes."""
    composed = inventory["compose"]
    assert composed["ansible_connection"] == "'community.aws.aws_ssm'"
    # What the plugin starts its session on.
    assert (inventory["hostnames"], composed["ansible_host"]) == (["instance-id"], "instance_id")
    assert composed["ansible_aws_ssm_bucket_name"] == "'client-ansible'"
    # Otherwise sessions would be of the document that it names, and not recorded.
    assert "ansible_aws_ssm_document" not in composed


def test_ping_is_a_playbook_on_the_server(files: dict[str, str], jobs: list[dict[str, Any]]) -> None:
    """The job runs it on what the form says."""
    [job] = [each for each in jobs if each["group"] == "Servers"]
    (step,) = job["sequence"]["commands"]
    command, *arguments, playbook = step["exec"].split()
    assert (command, arguments) == ("ansible-playbook", ["--limit", "${option.servers}"])
    [play] = yaml.safe_load(files[playbook])
    assert [module for task in play["tasks"] for module in task if module.startswith("ansible.builtin.")] == [
        "ansible.builtin.ping",
        "ansible.builtin.command",
        "ansible.builtin.debug",
    ]


def test_a_version_that_is_no_version_is_refused() -> None:
    """It becomes a part of a command."""
    size = RundeckSizeSettings(instance_type="t4g.medium")
    assert faults_of(lambda: RundeckSettings(size=size, version="5; id")) == [
        'version: got "5; id", expected a Debian version or a pattern, such as 5.*'
    ]
