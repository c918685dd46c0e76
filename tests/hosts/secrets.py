"""The real secrets of a live sandbox, by value, and a search for them in what releases write and print."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.hosts.live_sandbox import BACK_OFFICE, FRONT, LiveSandbox

_SHORTEST = 8
"""Characters. A secret of this program is longer: what is shorter would be found in ordinary words."""
_NO_SECRETS = ("engine", "host", "port", "dbname", "username", "user")
"""Fields of a secret's JSON that are no secrets themselves."""
_FILL_IN = "to be filled in"
"""The value of a secret until a person fills it in."""
_SECRET_NAMES = "/password|passphrase|token|secret|^auth$|^key$/i"
"""Of env.php's fields, as PHP has regular expressions."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")
_NO_TEXT = re.compile(r"/bundles/|/tool\.zip$")
"""What is no text in the bucket for releases: bundles, and the tool for Rundeck's server."""


@dataclass(frozen=True)
class Secrets:
    """Secrets, by where they come from."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, live: LiveSandbox) -> Secrets:
        """Those of both stacks: in Secrets Manager, in env.php on the back office's instance, in Parameter Store."""
        everything = (*_of_secrets_manager(live), *_of_env_php(live), *_of_parameter_store(live))
        found = {name: value for name, value in everything if value != _FILL_IN}
        # Magento's prefix says how the key is written. What follows is the key.
        found |= {
            f"{name}, its key": value.removeprefix("base64")
            for name, value in found.items()
            if value.startswith("base64")
        }
        short = {name: len(value) for name, value in found.items() if len(value) < _SHORTEST}
        assert not short, f"secrets: got those of {short} characters, expected at least {_SHORTEST}"
        return cls(found)

    def found_in(self, text: str) -> set[str]:
        """The names of the secrets that are in a text: as they are, or as they look in JSON, in PHP, in an address, in
        Base64, or broken over lines."""
        looks = [_together(each) for each in _read(text)]
        return {name for name, value in self.values.items() if any(_together(value) in look for look in looks)}


def places(live: LiveSandbox, printed: Sequence[str]) -> Mapping[str, list[tuple[str, str]]]:
    """All that releases have left behind, by kind: texts, and where each of them is."""
    return {
        "terminal": [(f"command {number}", text) for number, text in enumerate(printed)],
        "S3": list(_objects(live)),
        "Systems Manager": list(_commands(live)),
        "log group": list(_log_events(live)),
        "Elastic Beanstalk": list(_of_beanstalk(live)),
    }


def _of_secrets_manager(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    client = live.platform.client("secretsmanager")
    for page in client.get_paginator("list_secrets").paginate():
        for each in page["SecretList"]:
            text = client.get_secret_value(SecretId=each["ARN"])["SecretString"]
            yield from _leaves(each["Name"], _json_or_text(text))


def _of_env_php(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    (host,) = live.instances(BACK_OFFICE)
    code = (
        '$found = []; $env = require "/var/app/current/app/etc/env.php";'
        "array_walk_recursive($env, function ($value, $name) use (&$found) {"
        f'    if (is_string($value) && $value !== "" && preg_match("{_SECRET_NAMES}", (string) $name)) {{'
        '        $found[] = ["env.php $name " . count($found), $value]; } });'
        "echo json_encode($found);"
    )
    found = json.loads(live.run(host, f"php -r '{code}'"))
    assert len(found) > 3, f"env.php: got the secrets {[name for name, _ in found]}, expected more than 3"
    for name, value in found:
        # A crypt key may have several lines, a key each.
        yield from ((name, line) for line in value.split())


def _of_parameter_store(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    client = live.platform.client("ssm")
    filters = [{"Key": "Type", "Values": ["SecureString"]}]
    for page in client.get_paginator("describe_parameters").paginate(ParameterFilters=filters):
        for each in page["Parameters"]:
            answer = client.get_parameter(Name=each["Name"], WithDecryption=True)
            yield each["Name"], answer["Parameter"]["Value"]


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for field, each in value.items():
            if field not in _NO_SECRETS:
                yield from _leaves(f"{name} {field}", each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(name, each)
    else:
        yield name, str(value)


def _objects(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    s3 = live.platform.client("s3")
    bucket, _, prefix = str(live.platform.outputs("prod")["releases"]).removeprefix("s3://").partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            if not _NO_TEXT.search(each["Key"]):
                yield each["Key"], s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode()


def _commands(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    """What the stack's documents were given, and what they printed. AWS's documents are run by tests only."""
    ssm = live.platform.client("ssm")
    documents = set(live.platform.outputs("prod")["release_documents"].values())
    for page in ssm.get_paginator("list_commands").paginate():
        for command in page["Commands"]:
            if command["DocumentName"] not in documents:
                continue
            name = f"{command['DocumentName']} {command['CommandId']}"
            yield f"{name}, its parameters", json.dumps(command.get("Parameters", {}))
            for instance in command["InstanceIds"]:
                found = ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=instance)
                yield f"{name} on {instance}", found["StandardOutputContent"] + found["StandardErrorContent"]


def _log_events(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    group = live.platform.outputs("prod")["release_log_group"]
    for page in live.platform.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield event["logStreamName"], event["message"]


def _of_beanstalk(live: LiveSandbox) -> Iterator[tuple[str, str]]:
    """Events and options of the shop's environments, and the versions of its application."""
    beanstalk = live.platform.client("elasticbeanstalk")
    for name in (FRONT, BACK_OFFICE):
        for page in beanstalk.get_paginator("describe_events").paginate(EnvironmentName=name):
            for event in page["Events"]:
                yield f"an event of {name}", event["Message"]
        application = live.environment(name)["ApplicationName"]
        found = beanstalk.describe_configuration_settings(ApplicationName=application, EnvironmentName=name)
        for option in found["ConfigurationSettings"][0]["OptionSettings"]:
            yield f"option {option['OptionName']} of {name}", str(option.get("Value", ""))
        versions = beanstalk.describe_application_versions(ApplicationName=application)["ApplicationVersions"]
        for version in versions:
            yield f"version {version['VersionLabel']}", str(version.get("Description", ""))


def _read(text: str) -> Iterator[str]:
    """A text, and what it says if it is JSON or a part of it, an address, or holds Base64."""
    unescaped = re.sub(r"\\([^n])", r"\1", text.replace("\\n", "\n").replace("\\\\", "\\"))
    for each in (text, unescaped, unquote(text)):
        yield each
        for found in _BASE64.findall(each):
            # What is secret may begin anywhere in what was encoded.
            for begin in range(4):
                part = found[begin:].rstrip("=")
                # One character more than a multiple of four is not a whole byte.
                whole = part[: len(part) - (len(part) % 4 == 1)]
                yield base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("latin-1")


def _together(text: str) -> str:
    return re.sub(r"\s+", "", text)
