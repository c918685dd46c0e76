"""The environment's properties, with the values of its secrets, as hooks and PHP see them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.hosts.beanstalk_platform.engine_log import StepError, info
from sandbox.hosts.beanstalk_platform.request import Request

DEPLOYMENT = Path("/opt/elasticbeanstalk/deployment")
SETTINGS = DEPLOYMENT / "settings.json"


def fetch(request: Request) -> dict[str, str]:
    """All properties; secrets are read from Secrets Manager and Parameter Store with the instance's role.

    A secret is ``ARN`` or ``ARN:FIELD``, a field at the top of a JSON object (AWS Elastic Beanstalk Developer Guide,
    "Configuring environment secrets"). Raises ``StepError`` for one that cannot be read.
    """
    info("Fetching environment variables...")
    values: dict[str, str] = {}
    properties = dict(request.properties)
    for name, reference in request.secrets.items():
        arn, field = _split(reference)
        try:
            if arn not in values:
                values[arn] = _read(arn)
            properties[name] = values[arn] if field is None else _field(values[arn], field)
        except Exception as failure:
            raise StepError(f"failed to get the secret of environment variable {name}: {failure}") from failure
    return properties


def write(request: Request, properties: Mapping[str, str]) -> None:
    """The files that get-config, fpm's service and people on the instance read."""
    raw = "".join(f"{name}={value}\n" for name, value in properties.items())
    quoted = "".join(f'{name}="{_escape(value)}"\n' for name, value in properties.items())
    settings = {
        "optionsettings": {namespace: dict(values) for namespace, values in request.options.items()},
        "environment": dict(properties),
        "container": {
            "common_log_list": ["/var/log/eb-engine.log", "/var/log/eb-hooks.log"],
            "default_log_list": ["/var/log/nginx/access.log", "/var/log/nginx/error.log"],
            "environment_name": request.environment_name,
            "instance_port": "80",
            "log_group_name_prefix": "/aws/elasticbeanstalk",
            "proxy_server": request.proxy_server,
            "static_files": [""],
            "xray_enabled": "false",
        },
        "platformconfig": {
            "AppUser": "webapp",
            "AppDeployDir": "/var/app/current/",
            "AppStagingDir": "/var/app/staging/",
            "ProxyServer": "nginx",
            "DefaultInstancePort": "80",
        },
    }
    for name, content in (("env", raw), ("php-fpm.env", quoted), (SETTINGS.name, json.dumps(settings))):
        new = DEPLOYMENT / f"{name}.new"
        new.touch(mode=0o600)
        new.write_text(content)
        new.rename(DEPLOYMENT / name)


def _split(reference: str) -> tuple[str, str | None]:
    """An ARN of Secrets Manager has seven parts, one of Parameter Store six; what follows is the field."""
    parts = reference.split(":")
    length = 7 if parts[2:3] == ["secretsmanager"] else 6
    return ":".join(parts[:length]), ":".join(parts[length:]) or None


def _read(arn: str) -> str:
    # Debian's AWS CLI brings its SDK; a CLI of its own for each secret would take a second each.
    from awscli.botocore.session import Session  # type: ignore[import-not-found, import-untyped, unused-ignore]

    _, _, service, region, _, resource = arn.split(":", 5)
    client: Any = Session().create_client(service, region_name=region, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    if service == "ssm":
        name = resource.removeprefix("parameter")
        return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    return str(client.get_secret_value(SecretId=arn)["SecretString"])


def _field(value: str, field: str) -> str:
    found = json.loads(value)[field]
    return found if isinstance(found, str) else json.dumps(found)


def _escape(value: str) -> str:
    """For systemd's EnvironmentFile: inside double quotes, a backslash before these (systemd.exec)."""
    return "".join(f"\\{character}" if character in '"\\$`' else character for character in value)
