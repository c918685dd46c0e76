"""EC2 instances: see ``policies/rules/servers/servers.py``."""

from __future__ import annotations

import base64
import gzip
import json

import pulumi_aws as aws

from policies.engine.outcome import Status
from policies.rules.servers.servers import (
    EC2_IMDS_HOP_LIMIT,
    EC2_IMDSV2,
    EC2_INSTANCE_PROFILE,
    EC2_NO_PUBLIC_IP,
    EC2_NO_SECRETS_IN_USER_DATA,
    SESSIONS_RECORDED,
    WINDOWS_NO_PASSWORD_DATA,
)
from tests.policies.analyzer import UNKNOWN, Node, node, secret
from tests.policies.networks import PRIVATE_SUBNET, VPC
from tests.policies.proof import Nodes, Proof, changed, replaced

METADATA = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
SERVER = node(aws.ec2.Instance, "windows", metadataOptions=METADATA, tags={"System": "windows"})
INTERFACE = node(aws.ec2.NetworkInterface, "operations-windows-interface", subnetId=PRIVATE_SUBNET)
ADDRESS = node(aws.ec2.Eip, "address", domain="vpc")
REACHED = node(aws.ec2.Instance, "windows", primaryNetworkInterface=INTERFACE, tags={"System": "windows"})
GATEWAY = node(aws.ec2.Instance, "gateway", primaryNetworkInterface=INTERFACE, tags={"System": "gateway"})
ATTACHED = node(aws.ec2.NetworkInterfaceAttachment, "second", instanceId=SERVER, networkInterfaceId=INTERFACE)
TEMPLATE = node(aws.ec2.LaunchTemplate, "template", metadataOptions=METADATA)
ASSOCIATION = node(aws.ec2.EipAssociation, "association", networkInterfaceId=INTERFACE, allocationId=ADDRESS)
SESSIONS = node(aws.ssm.Document, "session-manager", name="SSM-SessionManagerRunShell", documentType="Session")
COMMAND = node(aws.ssm.Document, "greet", documentType="Command", content=json.dumps({"schemaVersion": "2.2"}))


def _preferences(session: str = "Standard_Stream", **inputs: str) -> str:
    return json.dumps({"schemaVersion": "1.0", "sessionType": session, "inputs": inputs})


def _recorded(**inputs: str) -> Nodes:
    return (SESSIONS.but(content=_preferences(**inputs)),)


def _metadata(**options: object) -> Nodes:
    return (SERVER.but(metadataOptions={**METADATA, **options}),)


def _subscribed(text: str, *, compressed: bool = False) -> Nodes:
    content = gzip.compress(text.encode()) if compressed else text.encode()
    return (SERVER.but(userDataBase64=base64.b64encode(content).decode()),)


def _without_tokens(server: Node) -> Node:
    return server.but(metadataOptions={**server.properties["metadataOptions"], "httpTokens": "optional"})


def _through_a_proxy(server: Node) -> Node:
    return server.but(metadataOptions={**server.properties["metadataOptions"], "httpPutResponseHopLimit": 2})


PROOFS = (
    Proof(
        rule=EC2_IMDSV2,
        passing={"required": (SERVER,), "template": (TEMPLATE,)},
        failing={
            "optional": _metadata(httpTokens="optional"),
            "template": (TEMPLATE.but(metadataOptions={"httpTokens": "optional"}),),
        },
        absent=(SERVER.but(metadataOptions=None),),
        unknown=_metadata(httpTokens=UNKNOWN),
        not_applicable=(VPC,),
        breakage=replaced(aws.ec2.Instance, "operations-windows-instance", _without_tokens),
    ),
    Proof(
        rule=EC2_IMDS_HOP_LIMIT,
        passing={"one": (SERVER,), "template": (TEMPLATE,)},
        failing={"two": _metadata(httpPutResponseHopLimit=2)},
        absent=(SERVER.but(metadataOptions={"httpTokens": "required"}),),
        unknown=_metadata(httpPutResponseHopLimit=UNKNOWN),
        not_applicable=(VPC,),
        breakage=replaced(aws.ec2.Instance, "operations-rundeck-server-instance", _through_a_proxy),
    ),
    Proof(
        rule=EC2_NO_PUBLIC_IP,
        passing={
            "private": (INTERFACE, REACHED),
            "the gateway": (ADDRESS, INTERFACE, ASSOCIATION, GATEWAY),
            "of another server": (ADDRESS, INTERFACE, ASSOCIATION, SERVER),
        },
        failing={
            "asked for": (SERVER.but(associatePublicIpAddress=True),),
            "associated": (node(aws.ec2.EipAssociation, "it", instanceId=SERVER), SERVER),
            "through its interface": (ADDRESS, INTERFACE, ASSOCIATION, REACHED),
            "through a second one": (ADDRESS, INTERFACE, ATTACHED, ASSOCIATION, SERVER),
            "the address's own word": (node(aws.ec2.Eip, "it", instance=SERVER), SERVER),
            "the address on the interface": (INTERFACE, node(aws.ec2.Eip, "it", networkInterface=INTERFACE), REACHED),
        },
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER.derived(associatePublicIpAddress=UNKNOWN),),
        not_applicable=(ADDRESS,),
        breakage=changed(aws.ec2.Instance, "operations-windows-instance", associatePublicIpAddress=True),
    ),
    Proof(
        rule=EC2_NO_SECRETS_IN_USER_DATA,
        passing={
            "a name": _subscribed("export DATABASE_SECRET=arn:aws:secretsmanager:eu-west-3:1:secret:database-1a2b3c4d"),
            "a command": _subscribed("password=$(aws secretsmanager get-secret-value)", compressed=True),
            "a variable": _subscribed('password="$PASSWORD_8"'),
            "a file": _subscribed("token=/run/tokens/8"),
        },
        failing={
            "password": _subscribed("#!/bin/sh\nmysql --password=hunter2hunter2"),
            "quoted": _subscribed('#cloud-config\n{"api_key": "correct-horse-battery"}'),
            "compressed": _subscribed("MYSQL_PASSWORD: hunter2hunter2", compressed=True),
            "access key": _subscribed("#!/bin/sh\naws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE"),
            "private key": _subscribed("#!/bin/sh\ncat <<END\n-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
            "as it is": (SERVER.but(userData="#!/bin/sh\nSECRET=hunter2hunter2"),),
            "made of a secret": (SERVER.but(userData=secret("#!/bin/sh\nstart --with tulip")),),
            "template": (
                TEMPLATE.but(userData=base64.b64encode(b"#!/bin/sh\nexport TOKEN=hunter2hunter2\n").decode()),
            ),
        },
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER.but(userDataBase64=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(
            aws.ec2.Instance,
            "operations-gateway-server-instance",
            userDataBase64=base64.b64encode(b"#!/bin/sh\nexport PASSWORD=hunter2hunter2\n").decode(),
        ),
    ),
    Proof(
        rule=EC2_INSTANCE_PROFILE,
        passing={"a profile": (SERVER.but(iamInstanceProfile="server-profile"),)},
        failing={"empty": (SERVER.but(iamInstanceProfile=""),)},
        absent=(SERVER,),
        unknown=(SERVER.but(iamInstanceProfile=UNKNOWN),),
        unknown_is=Status.PASSED,
        not_applicable=(VPC,),
        breakage=changed(aws.ec2.Instance, "operations-vpn-server-instance", iamInstanceProfile=None),
    ),
    Proof(
        rule=WINDOWS_NO_PASSWORD_DATA,
        passing={"not asked for": (SERVER.but(getPasswordData=False),)},
        failing={"asked for": (SERVER.but(getPasswordData=True),)},
        absent=(SERVER,),
        absent_is=Status.PASSED,
        unknown=(SERVER.but(getPasswordData=UNKNOWN),),
        not_applicable=(VPC,),
        breakage=changed(aws.ec2.Instance, "operations-windows-instance", getPasswordData=True),
    ),
    Proof(
        rule=SESSIONS_RECORDED,
        passing={
            "in a log group": _recorded(cloudWatchLogGroupName="/session-manager", s3BucketName=""),
            "in a bucket": _recorded(cloudWatchLogGroupName="", s3BucketName="client-sessions"),
            "a forwarded port, which cannot be": (SESSIONS.but(content=_preferences("Port")),),
            "a command": (COMMAND,),
        },
        failing={
            "nowhere": _recorded(cloudWatchLogGroupName="", s3BucketName=""),
            "no inputs": (SESSIONS.but(content=json.dumps({"sessionType": "Standard_Stream"})),),
        },
        absent=_recorded(idleSessionTimeout="20"),
        unknown=(SESSIONS.but(content=UNKNOWN),),
        unknown_is=Status.UNKNOWN,
        not_applicable=(VPC,),
        breakage=changed(
            aws.ssm.Document, "shared-platform-session-manager-preferences", content=_preferences(s3BucketName="")
        ),
    ),
)
