"""``aws.elasticbeanstalk.getHostedZone``: the zone of the environments' names."""

from __future__ import annotations

from sandbox.provider.adapter import Aws, Values, function

HOSTED_ZONES = {
    "af-south-1": "Z1EI3BVKMKK4AM",
    "ap-east-1": "ZPWYUBWRU171A",
    "ap-northeast-1": "Z1R25G3KIG2GBW",
    "ap-northeast-2": "Z3JE5OI70TWKCP",
    "ap-northeast-3": "ZNE5GEY1TIAGY",
    "ap-south-1": "Z18NTBI3Y7N9TZ",
    "ap-southeast-1": "Z16FZ9L249IFLT",
    "ap-southeast-2": "Z2PCDNR3VC2G1N",
    "ca-central-1": "ZJFCZL7SSZB5I",
    "eu-central-1": "Z1FRNW7UH4DEZJ",
    "eu-north-1": "Z23GO28BZ5AETM",
    "eu-south-1": "Z10VDYYOA2JFKM",
    "eu-west-1": "Z2NYPWQ7DFZAZH",
    "eu-west-2": "Z1GKAAAUGATPF1",
    "eu-west-3": "Z5WN6GAYWG5OB",
    "me-south-1": "Z2BBTEKR2I36N2",
    "sa-east-1": "Z10X7K2B4QSOFV",
    "us-east-1": "Z117KPS5GTRQ2G",
    "us-east-2": "Z14LCN19Q5QHIC",
    "us-west-1": "Z1LQECGX5PH1X",
    "us-west-2": "Z38NKT9BP95V3O",
}
"""The zone of the environments' names in each region (AWS General Reference, "Elastic Beanstalk endpoints")."""


@function("aws:elasticbeanstalk/getHostedZone:getHostedZone")
def get_hosted_zone(aws: Aws, arguments: Values) -> Values:
    """The zone that an alias of an environment names. Raises ``ValueError`` for a region without one."""
    region = arguments.get("region") or aws.region
    if region not in HOSTED_ZONES:
        raise ValueError(f"Elastic Beanstalk's hosted zone in region {region!r} is not known")
    return {"id": HOSTED_ZONES[region], "region": region}
