"""Security groups as each satellite application has one, until there are as many resources as configured."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

# The engine starts a program in its own directory, and this one uses the components of the project around it.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import stack.quick_imports  # noqa: F401 - before the components, as in the platform's program  # isort: skip
from components.network.security_group import IngressRule, SecurityGroup, SecurityGroupArgs
from components.shared.context import Context
from components.shared.tags import Tags
from stack.quick_start import quick_start

RESOURCES_PER_GROUP = 5
"""The component, its group, two rules inwards and one outwards."""

CONTEXT = Context(
    region="eu-west-3",
    account_id="123456789012",
    key_arn="arn:aws:kms:eu-west-3:123456789012:key/1",
    protect=False,
    tags=Tags(client="client", environment="bench", system="satellite"),
)

quick_start()
config = pulumi.Config()
# A preview does not check that it exists. `pulumi up` needs a real one.
vpc_id = config.get("vpc_id") or "vpc-00000000000000000"
for number in range(config.require_int("resources") // RESOURCES_PER_GROUP):
    SecurityGroup(
        f"satellite-{number}",
        SecurityGroupArgs(
            context=CONTEXT,
            vpc_id=vpc_id,
            description="Reaches a satellite application",
            ingress=(
                IngressRule(name="http", port=80, from_cidr="10.0.0.0/16", reason="Load balancer"),
                IngressRule(name="ssh", port=22, from_cidr="10.0.101.0/24", reason="Release server"),
            ),
            open_egress=True,
        ),
    )
