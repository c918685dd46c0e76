"""Ansible, as Rundeck's jobs run it, by the real program against AWS's API on this computer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

FOLDER = "/etc/ansible"
# What newer versions of boto3 do themselves: Debian 12's does not know AWS_ENDPOINT_URL yet. And AWS has one address,
# while hosts of the sandbox reach the embedded AWS at another one than this computer.
READ_ENDPOINT = """
import os

try:
    from boto3.session import Session
except ImportError:
    pass
else:
    client = Session.client

    def at_the_endpoint(self, service, *arguments, endpoint_url=None, **more):
        endpoint = endpoint_url or os.environ["AWS_ENDPOINT_URL"]
        made = client(self, service, *arguments, endpoint_url=endpoint, **more)
        if service == "s3" and "ENDPOINT_OF_SERVERS" in os.environ:
            presign = made.generate_presigned_url
            made.generate_presigned_url = lambda *asked, **more: presign(*asked, **more).replace(
                endpoint, os.environ["ENDPOINT_OF_SERVERS"], 1
            )
        return made

    Session.client = at_the_endpoint
"""


class Ansible:
    """Ansible with the configuration of Rundeck's server, in a directory in the place of /etc/ansible."""

    def __init__(self, directory: Path, files: Mapping[str, str], endpoint: str, region: str) -> None:
        """``files`` are those of Rundeck's server by their paths, and ``endpoint`` is AWS's address."""
        self._directory = directory / "ansible"
        for path, content in files.items():
            if path.startswith(f"{FOLDER}/"):
                target = self._directory / path.removeprefix(f"{FOLDER}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content.replace(FOLDER, str(self._directory)))
        customized = directory / "customized"
        customized.mkdir()
        (customized / "sitecustomize.py").write_text(READ_ENDPOINT)
        # As Rundeck's jobs have it: no terminal, no locale, and what rundeck.env exports.
        self._variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(directory),
            "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"),
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONPATH": str(customized),
        }

    def connect_by(self, plugin: Path) -> None:
        """Have another Session Manager plugin than that of AWS's package."""
        inventory = self._directory / "platform.aws_ec2.yml"
        inventory.write_text(f"{inventory.read_text()}  ansible_aws_ssm_plugin: \"'{plugin}'\"\n")

    def tell_servers(self, endpoint: str) -> None:
        """Have servers reach AWS at another address: in the URLs from which they fetch files."""
        self._variables["ENDPOINT_OF_SERVERS"] = endpoint

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a job has it."""
        words = command.replace(FOLDER, str(self._directory)).split()
        return subprocess.run(
            words,
            env=self._variables | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
