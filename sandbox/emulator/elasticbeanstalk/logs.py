"""Logs of instances: RequestEnvironmentInfo copies them to S3, RetrieveEnvironmentInfo says where they are."""

from __future__ import annotations

import io
import os
import time
import zipfile
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.core.utils import utcnow

from sandbox.emulator.elasticbeanstalk.storage import storage_location
from sandbox.emulator.fleet.registration import FLEET, FleetFailedError, NoAnswerError, NoHostError
from sandbox.emulator.in_process import client

if TYPE_CHECKING:
    from sandbox.emulator.elasticbeanstalk.environments import Environment

URL_SECONDS = 900
"""How long an address is good for. Source: Elastic Beanstalk guide, "Viewing logs"."""
_FILES = {"tail": "TailLogs-{time}.out", "bundle": "BundleLogs-{time}.zip"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The log of an instance in S3."""

    info_type: str
    instance_id: str
    timestamp: datetime
    key: str


@dataclass(kw_only=True)
class RequestedLogs:
    """What was asked of the hosts and has not been answered yet, and what lies in S3."""

    waiting: list[tuple[str, str, Future[str]]] = field(default_factory=list)
    """Kind of log, instance, and its answer."""
    samples: list[Sample] = field(default_factory=list)

    def request(self, environment: Environment, info_type: str) -> None:
        """Ask each host. An instance without a host gives no log."""
        environment.note("requestEnvironmentInfo is starting.")
        if FLEET.is_registered:
            for instance in environment.instance_ids():
                self.waiting.append((info_type, instance, FLEET.in_background(FLEET.log_of, instance)))

    def advance(self, environment: Environment) -> bool:
        """Copy to S3 what has been answered. Returns whether anything was waited for."""
        if not self.waiting:
            return False
        answered = [asked for asked in self.waiting if asked[2].done()]
        self.waiting = [asked for asked in self.waiting if asked not in answered]
        for info_type, instance, answer in answered:
            try:
                self._keep(environment, info_type, instance, answer.result())
            except (NoHostError, NoAnswerError, FleetFailedError):
                environment.note(f"[Instance: {instance}] Failed to pull logs.", "WARN")
                continue
            done = "tailing" if info_type == "tail" else "bundling"
            environment.note(f"[Instance: {instance}] Successfully finished {done} 1 log(s)")
        if not self.waiting:
            environment.note("Pulled logs for environment instances.")
        return True

    def _keep(self, environment: Environment, info_type: str, instance: str, log: str) -> None:
        region, account = environment.application.region, environment.application.account_id
        key = "/".join(
            (
                "resources/environments/logs",
                info_type,
                environment.environment_id,
                instance,
                _FILES[info_type].format(time=time.time_ns() // 1_000_000),
            )
        )
        body = log.encode() if info_type == "tail" else _zipped(log)
        client("s3", region, account).put_object(Bucket=storage_location(region, account), Key=key, Body=body)
        self.samples.append(Sample(info_type=info_type, instance_id=instance, timestamp=utcnow(), key=key))

    def describe(self, environment: Environment, info_type: str) -> list[dict[str, Any]]:
        """The newest log of each instance, with an address that needs no credentials."""
        newest = {sample.instance_id: sample for sample in self.samples if sample.info_type == info_type}
        return [
            {
                "InfoType": info_type,
                "Ec2InstanceId": sample.instance_id,
                "SampleTimestamp": sample.timestamp,
                "Message": _address(environment, sample.key),
            }
            for sample in newest.values()
        ]


def _zipped(log: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("var/log/eb-engine.log", log)
    return content.getvalue()


def _address(environment: Environment, key: str) -> str:
    region, account = environment.application.region, environment.application.account_id
    s3 = boto3.client(
        "s3",
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{os.environ.get('MOTO_PORT', '5000')}",
        aws_access_key_id=account,
        aws_secret_access_key="unused",
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )
    stored = {"Bucket": storage_location(region, account), "Key": key}
    return str(s3.generate_presigned_url("get_object", Params=stored, ExpiresIn=URL_SECONDS))
