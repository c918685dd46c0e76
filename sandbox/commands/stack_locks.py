"""The locks that the engine holds on stacks while it changes them, and leaves behind when it is killed.

`make sandbox` records its own runs (`unfinished_run.py`). A `pulumi up` in a shell that sourced `.sandbox/env` leaves
only the engine's lock file in the state bucket: who holds it, and since when.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psutil

from sandbox.commands.environment import REGION, STATE_BUCKET

_FOLDER = ".pulumi/locks/"


@dataclass(frozen=True, kw_only=True)
class StackLock:
    """One lock file of Pulumi's backend."""

    stack: str
    pid: int
    host: str
    since: datetime

    @property
    def holder_is_gone(self) -> bool:
        """Whether its process was on this machine and has ended. Its id may belong to a younger process now."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            return process.status() == psutil.STATUS_ZOMBIE or process.create_time() > self.since.timestamp()
        except psutil.NoSuchProcess:
            return True


def held(endpoint: str) -> tuple[StackLock, ...]:
    """The locks in the state bucket of the embedded AWS at `endpoint`."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    s3 = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )
    try:
        listed = s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix=_FOLDER).get("Contents", [])
    except ClientError:
        return ()  # The bucket is not made yet.
    return tuple(
        read(each["Key"], json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=each["Key"])["Body"].read()))
        for each in listed
    )


def read(key: str, content: dict[str, Any]) -> StackLock:
    """A lock file: the key is such as `.pulumi/locks/organization/magento/prod/<id>.json`."""
    return StackLock(
        stack=key.split("/")[-2],
        pid=int(content["pid"]),
        host=str(content["hostname"]),
        since=datetime.fromisoformat(str(content["timestamp"])),
    )
