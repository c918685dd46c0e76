"""What the fleet asks the embedded AWS for: what to run, bundles, and credentials of instances' roles."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.hosts.metadata import CREDENTIALS_SECONDS, Credentials
from sandbox.hosts.state_document import Instance, State

_PATH = "/moto-api/hosts"
_WAIT_SECONDS = 20.0


class EmbeddedAws:
    """The embedded AWS at an address of this computer. Network errors are ``OSError``."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        # Never through a proxy that the shell names.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def register(self, url: str | None, opens_shells_on: Sequence[str] = ()) -> None:
        """Say where the fleet answers, and on which instances sessions start. None when it ends."""
        self._ask(json.dumps({"Url": url, "OpensShellsOn": opens_shells_on}).encode())

    def wait_for_state(self, unless: str) -> State:
        """What to run, once it is another than that of the digest ``unless``, or after 5 seconds."""
        return State.of(self._ask(query=f"?unless={unless}"))

    def fetch_bundle(self, bundle: dict[str, str], region: str, path: Path) -> None:
        """Download a bundle. Raises ``OSError`` when there is none."""
        try:
            answer = self._client("s3", region).get_object(Bucket=bundle["Bucket"], Key=bundle["Key"])
            with path.open("wb") as file:
                shutil.copyfileobj(answer["Body"], file)
        except (ClientError, BotoCoreError) as error:
            raise OSError(f"s3://{bundle['Bucket']}/{bundle['Key']} could not be downloaded: {error}") from error

    def assume_role(self, instance: Instance) -> Credentials | None:
        """Credentials of the role in the instance's profile; None without one."""
        profile = instance.instance_profile.rpartition("/")[2]
        try:
            roles = self._client("iam", instance.region).get_instance_profile(InstanceProfileName=profile)
            role = roles["InstanceProfile"]["Roles"][0]
            made = self._client("sts", instance.region).assume_role(
                RoleArn=role["Arn"], RoleSessionName=instance.instance_id, DurationSeconds=CREDENTIALS_SECONDS
            )["Credentials"]
        except (ClientError, BotoCoreError, LookupError, ValueError):
            return None
        return Credentials(
            role=role["RoleName"],
            access_key=made["AccessKeyId"],
            secret_key=made["SecretAccessKey"],
            token=made["SessionToken"],
            until=made["Expiration"],
        )

    def _client(self, service: str, region: str) -> Any:
        """A client, which all threads share. Making one takes longer than asking."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = boto3.client(
                    service,
                    endpoint_url=self.endpoint,
                    region_name=region,
                    aws_access_key_id="sandbox",
                    aws_secret_access_key="sandbox",  # the embedded AWS checks none
                )
            return self._clients[service, region]

    def _ask(self, body: bytes | None = None, query: str = "") -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.endpoint}{_PATH}{query}", data=body, headers={"Content-Type": "application/json"}
        )
        with self._open(request, timeout=_WAIT_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
