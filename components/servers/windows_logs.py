"""The logs of a Windows server, which outlive its instance: AWS's CloudWatch agent sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.servers import server_files
from components.shared.context import Context

EVENT_LOGS = ("Application", "Security", "System")
LOG_FILES = (r"C:\ProgramData\Platform\boot.log", r"C:\ProgramData\Amazon\EC2Launch\log\agent.log")
"""Of the boot, and of EC2Launch, which runs it ("EC2Launch v2 logs")."""
_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFORMATION")
"""All but ``VERBOSE``. Who has logged on, and who was refused, is ``INFORMATION`` in ``Security``."""


@dataclass(frozen=True, kw_only=True)
class WindowsLogsArgs:
    """The server, and the log group that its role may write to."""

    context: Context
    instance_id: pulumi.Input[str]
    log_group: pulumi.Input[str]


class WindowsLogs(pulumi.ComponentResource):
    """Systems Manager installs the agent and configures it, on a new instance as soon as its own agent has registered.

    Produces a document and its association. It runs again once a day, which brings newer versions of the agent. None of
    this is part of what the server boots with: another configuration does not replace it.
    """

    def __init__(self, name: str, args: WindowsLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:servers:WindowsLogs", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.tags
        document = aws.ssm.Document(
            f"{name}-document",
            # People see it in State Manager. AWS cannot rename a document.
            name=f"{tags.owner}-{tags.shown(name)}",
            document_type="Command",
            document_format="JSON",
            content=pulumi.Output.from_input(args.log_group).apply(document_content),
            tags=tags.named(f"{name}-document"),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        aws.ssm.Association(
            f"{name}-association",
            name=document.name,
            association_name=f"{tags.owner}-{tags.shown(name)}",
            schedule_expression="rate(1 day)",
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[args.instance_id])],
            tags=tags.named(f"{name}-association"),
            opts=child,
        )
        self.register_outputs({})


def document_content(log_group: str) -> str:
    """The Command document: the agent's installation, then its configuration ("Command document plugin reference")."""
    install = {"name": "AmazonCloudWatchAgent", "action": "Install"}
    configuration = json.dumps(agent_configuration(log_group), indent=1)
    script = server_files.render("windows/send_logs.ps1.j2", configuration=configuration)
    return json.dumps(
        {
            "schemaVersion": "2.2",
            "description": "Sends the logs of a Windows server to CloudWatch Logs",
            "mainSteps": [
                {"action": "aws:configurePackage", "name": "installAgent", "inputs": install},
                {
                    "action": "aws:runPowerShellScript",
                    "name": "configureAgent",
                    "inputs": {"runCommand": script.splitlines(), "timeoutSeconds": "300"},
                },
            ],
        }
    )


def agent_configuration(log_group: str) -> dict[str, object]:
    """The agent's configuration file ("CloudWatch agent configuration file: Logs section").

    A source has a stream for each instance, as on the Linux servers. The agent fills in the instance's id.
    """

    def to(source: str) -> dict[str, str]:
        return {"log_group_name": log_group, "log_stream_name": f"{{instance_id}}/{source}"}

    events = [
        {"event_name": name, "event_levels": list(_LEVELS), "event_format": "text", **to(name)} for name in EVENT_LOGS
    ]
    files = [{"file_path": path, **to(path.rpartition("\\")[2])} for path in LOG_FILES]
    return {
        "logs": {"logs_collected": {"windows_events": {"collect_list": events}, "files": {"collect_list": files}}},
    }
