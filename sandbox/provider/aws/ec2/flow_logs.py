"""Flow logs of a VPC."""

from __future__ import annotations

from sandbox.provider.adapter import TAGS, Aws, Property, Values, adapter
from sandbox.provider.aws import tags
from sandbox.provider.aws.calls import arguments
from sandbox.provider.aws.ec2.tagged import TaggedEc2Adapter, arn, tag_specifications


@adapter
class FlowLog(TaggedEc2Adapter):
    token = "aws:ec2/flowLog:FlowLog"
    not_found = ("InvalidFlowLogId.NotFound",)
    properties = {
        "vpcId": Property(required=True, replaces=True),
        "trafficType": Property(replaces=True),
        "logDestinationType": Property(default="cloud-watch-logs", replaces=True),
        "logDestination": Property(computed=True, replaces=True),
        "iamRoleArn": Property(replaces=True),
        "logFormat": Property(computed=True, replaces=True),
        "maxAggregationInterval": Property(default=600, replaces=True),
        "tags": TAGS,
    }
    outputs = ("arn",)
    emulation = "No traffic is recorded."

    def create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("ec2").create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[inputs["vpcId"]],
            TagSpecifications=tag_specifications("vpc-flow-log", inputs),
            **arguments(
                inputs,
                {
                    "trafficType": "TrafficType",
                    "logDestinationType": "LogDestinationType",
                    "logDestination": "LogDestination",
                    "iamRoleArn": "DeliverLogsPermissionArn",
                    "logFormat": "LogFormat",
                    "maxAggregationInterval": "MaxAggregationInterval",
                },
            ),
        )
        # AWS answers 200 with the fault inside.
        for fault in answer.get("Unsuccessful", ()):
            raise ValueError(f"{fault['Error']['Code']}: {fault['Error']['Message']}")
        return str(answer["FlowLogIds"][0])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        logs = aws.client("ec2").describe_flow_logs(FlowLogIds=[id])["FlowLogs"]
        if not logs:
            return None
        log = logs[0]
        return {
            "vpcId": log["ResourceId"],
            "trafficType": log.get("TrafficType"),
            "logDestinationType": log["LogDestinationType"],
            "logDestination": log.get("LogDestination"),
            "iamRoleArn": log.get("DeliverLogsPermissionArn"),
            "logFormat": log.get("LogFormat"),
            "maxAggregationInterval": log["MaxAggregationInterval"],
            "tags": tags.from_records(log.get("Tags")),
            "arn": arn(aws, "vpc-flow-log", id),
        }

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("ec2").delete_flow_logs(FlowLogIds=[id])
