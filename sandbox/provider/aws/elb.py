"""``aws.elb.getServiceAccount``: who writes the access logs of load balancers."""

from __future__ import annotations

from sandbox.provider.adapter import Aws, Values, function

ACCOUNTS = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""Elastic Load Balancing's account in each region that has one (Elastic Load Balancing user guide, "Access logs")."""


@function("aws:elb/getServiceAccount:getServiceAccount")
def get_service_account(aws: Aws, arguments: Values) -> Values:
    """The account that a log bucket's policy must let in. Raises ``ValueError`` for a region that has none."""
    region = arguments.get("region") or aws.region
    if region not in ACCOUNTS:
        raise ValueError(f"Elastic Load Balancing has no account of its own in region {region!r}")
    account = ACCOUNTS[region]
    return {"arn": f"arn:{aws.partition}:iam::{account}:root", "id": account, "region": region}
