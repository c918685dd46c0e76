"""Flow logs: an S3 destination with a prefix and options, or a log group by its ARN."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.responses.flow_logs import FlowLogs

from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.models.flow_logs:FlowLogsBackend.create_flow_logs",
    sha256="a854913356bc365014a0dd7266c87c333376d72c511b559499e9693c8c98ecb8",
    upstream="CreateFlowLogs refuses a prefix after the bucket's ARN and ignores the ARN of a log group.",
)
def _create_flow_logs(original: Any, backend: FlowLogsBackend, **settings: Any) -> Any:
    destination = settings["log_destination"]
    resource = destination.split(":", 5)[5] if destination else ""
    if destination and settings["log_destination_type"] == "s3":
        settings["log_destination"] = destination.partition("/")[0]
    elif resource.startswith("log-group:") and settings["log_group_name"] is None:
        settings["log_group_name"] = resource.split(":")[1]
    created, refused = original(backend, **settings)
    for flow_log in created:
        flow_log.log_destination = destination
    return created, refused


@patch(
    "moto.ec2.responses.flow_logs:FlowLogs.create_flow_logs",
    sha256="e8116066cb2964a8356abc828c84dd327b88d90332b73a46633a9e1153bd0756",
    upstream="CreateFlowLogs ignores DestinationOptions.",
)
def _respond(original: Any, response: FlowLogs) -> ActionResult:
    answer = original(response)
    options = response._get_param("DestinationOptions")
    if options:
        for id_ in answer.result["FlowLogIds"]:
            response.ec2_backend.flow_logs[id_].destination_options = {
                "FileFormat": options.get("FileFormat", "plain-text"),
                "HiveCompatiblePartitions": options.get("HiveCompatiblePartitions", False),
                "PerHourPartition": options.get("PerHourPartition", False),
            }
    return answer
