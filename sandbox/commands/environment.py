"""The environment variables with which Pulumi, boto3 and the AWS CLI use the sandbox, and nothing else.

The sandbox's commands run with them, and `.sandbox/env` sets them in a shell.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

from sandbox.commands.layout import Layout


class Provider(StrEnum):
    """Which plugin serves the resource types of pulumi-aws and pulumi-random."""

    EMBEDDED = "embedded"
    """The sandbox's own, over boto3."""
    OFFICIAL = "official"
    """The published one, where it can be downloaded."""


_SKIP_CHECKPOINTS = "PULUMI_SKIP_CHECKPOINTS"
REGION = "eu-west-3"
STATE_BUCKET = "client-pulumi-state-storage"
PASSPHRASE = "sandbox"  # Protects nothing: the sandbox generates its secrets.

_OURS = ("AWS_", "PULUMI_")
"""The caller's variables with these prefixes are dropped: a profile, session token or stack name must not reach the
sandbox, and nothing done in the sandbox may reach a real account."""

_LOOPBACK = ("127.0.0.1", "localhost")

_NO_ACCOUNT = {
    # The files in the home directory could name a profile or a role of a real account.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def without_account(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with no AWS account and no Pulumi setting in it."""
    return {name: value for name, value in caller.items() if not name.startswith(_OURS)} | _NO_ACCOUNT


@dataclass(frozen=True, kw_only=True)
class SandboxEnvironment:
    """The variables of one sandbox, whose embedded AWS listens on `port`."""

    layout: Layout
    port: int
    provider: Provider = Provider.EMBEDDED
    checkpoints: bool = False
    """Whether the engine writes its state after each resource, which is slow on a file backend."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pulumi_home(self) -> Path:
        """One for each provider, since both plugins have the same name."""
        name = "pulumi-home" if self.provider is Provider.EMBEDDED else f"pulumi-home-{self.provider}"
        return self.layout.directory / name

    @property
    def backend_url(self) -> str:
        """Pulumi's S3 backend, on the state bucket of the embedded AWS."""
        query = urlencode(
            {"endpoint": self.endpoint, "disableSSL": "true", "s3ForcePathStyle": "true", "region": REGION}, safe=":/"
        )
        return f"s3://{STATE_BUCKET}?{query}"

    def variables(self) -> dict[str, str]:
        """The variables to set. `PATH` and `NO_PROXY` are not among them: they are extended."""
        variables = {
            **_NO_ACCOUNT,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PAGER": "",
            # Or the engine's S3 client warns, at each read of the state, that moto sends no checksums.
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_BACKEND_URL": self.backend_url,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            # Use the sandbox's own plugins: none from PATH, none from the internet.
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "MAGENTO_CERTIFICATE_DIR": str(self.layout.certificates),
        }
        if not self.checkpoints:
            variables[_SKIP_CHECKPOINTS] = "true"
        return variables

    def over(self, caller: Mapping[str, str]) -> dict[str, str]:
        """The caller's environment, with every AWS and Pulumi variable replaced by the sandbox's."""
        proxied = [*_LOOPBACK, *filter(None, [caller.get("no_proxy") or caller.get("NO_PROXY")])]
        path = os.pathsep.join([str(self.layout.commands), caller.get("PATH", os.defpath)])
        no_proxy = ",".join(proxied)
        return {**without_account(caller), **self.variables(), "PATH": path, "NO_PROXY": no_proxy, "no_proxy": no_proxy}

    def shell_text(self) -> str:
        """Lines for bash, zsh or a POSIX shell to source, from any directory and any number of times."""
        exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in self.variables().items())
        drop = "|".join(f"{prefix}[A-Za-z0-9_]*" for prefix in _OURS)
        loopback = ",".join(_LOOPBACK)
        return f"""\
# Points this shell at the sandbox: `pulumi`, `aws` and boto3 then use the embedded AWS, and nothing else.
# Source it: . {shlex.quote(str(self.layout.environment))}
# It removes every AWS and Pulumi variable from the shell; open a new shell to get them back.
for sandbox_name in $(env | sed -n 's/=.*//p'); do
  case $sandbox_name in {drop}) unset "$sandbox_name" ;; esac
done
unset sandbox_name
sandbox_bin={shlex.quote(str(self.layout.commands))}
if [ ! -d "$sandbox_bin" ]; then
  echo "$sandbox_bin: it is gone. If this directory was moved, run './shop sandbox up' and source this again." >&2
fi
case ":$PATH:" in *":$sandbox_bin:"*) ;; *) export PATH="$sandbox_bin:$PATH" ;; esac
unset sandbox_bin
export no_proxy="${{no_proxy:-${{NO_PROXY:-}}}}"
case ",$no_proxy," in *,{_LOOPBACK[0]},*) ;; *) no_proxy="{loopback}${{no_proxy:+,$no_proxy}}" ;; esac
export NO_PROXY="$no_proxy"
{exports}
"""

    def write(self) -> None:
        """Write `.sandbox/env` in one step, since a shell may be reading it."""
        target = self.layout.environment
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_suffix(".new")
        new.write_text(self.shell_text(), encoding="utf-8")
        new.replace(target)


def keeps_checkpoints(file: Path) -> bool:
    """Whether the engine writes its state after each resource in a shell that sourced this `.sandbox/env`."""
    try:
        return _SKIP_CHECKPOINTS not in file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
