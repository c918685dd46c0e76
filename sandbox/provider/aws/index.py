"""Functions about the caller and its place: account, region, partition and availability zones."""

from __future__ import annotations

from sandbox.provider.adapter import Aws, Values, function
from sandbox.provider.aws.calls import arguments

# Of the partition ``aws``, the only one that the sandbox plays.
DNS_SUFFIX = "amazonaws.com"


@function("aws:index/getCallerIdentity:getCallerIdentity")
def get_caller_identity(aws: Aws, _args: Values) -> Values:
    """Who the credentials belong to."""
    identity = aws.client("sts").get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


@function("aws:index/getRegion:getRegion")
def get_region(aws: Aws, args: Values) -> Values:
    """The region asked for by ``region`` or the older ``name``, or else the provider's."""
    region = args.get("region") or args.get("name") or aws.region
    found = aws.client("ec2").describe_regions(RegionNames=[region], AllRegions=True)["Regions"][0]
    description = aws.client("ssm").get_parameter(Name=f"/aws/service/global-infrastructure/regions/{region}/longName")
    return {
        "region": region,
        "name": region,
        "id": region,
        "endpoint": found["Endpoint"],
        "description": description["Parameter"]["Value"],
    }


@function("aws:index/getPartition:getPartition")
def get_partition(aws: Aws, _args: Values) -> Values:
    """The partition and its names."""
    return {
        "partition": aws.partition,
        "id": aws.partition,
        "dnsSuffix": DNS_SUFFIX,
        "reverseDnsPrefix": ".".join(reversed(DNS_SUFFIX.split("."))),
    }


@function("aws:index/getAvailabilityZones:getAvailabilityZones")
def get_availability_zones(aws: Aws, args: Values) -> Values:
    """The region's zones that match, in the order of their names."""
    filters = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or ()]
    if args.get("state"):
        filters.append({"Name": "state", "Values": [args["state"]]})
    zones = aws.client("ec2", args.get("region")).describe_availability_zones(
        Filters=filters, **arguments(args, {"allAvailabilityZones": "AllAvailabilityZones"})
    )["AvailabilityZones"]
    chosen = sorted(
        (
            zone
            for zone in zones
            if zone["ZoneName"] not in (args.get("excludeNames") or ())
            and zone["ZoneId"] not in (args.get("excludeZoneIds") or ())
        ),
        key=lambda zone: str(zone["ZoneName"]),
    )
    return {
        **args,
        "id": args.get("region") or aws.region,
        "region": args.get("region") or aws.region,
        "names": [zone["ZoneName"] for zone in chosen],
        "zoneIds": [zone["ZoneId"] for zone in chosen],
        "groupNames": sorted({zone["GroupName"] for zone in chosen if zone.get("GroupName")}),
    }
