"""CloudFront of the embedded AWS, through boto3 in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.emulator.in_process import client
from sandbox.tests.certificates import self_signed
from sandbox.tests.refusals import aws_refuses

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGIN: dict[str, Any] = {
    "Id": "site",
    "DomainName": "origin.client.url",
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
}
BEHAVIOR: dict[str, Any] = {
    "TargetOriginId": "site",
    "ViewerProtocolPolicy": "https-only",
    "CachePolicyId": CACHING_OPTIMIZED,
}


def configuration(reference: str = "media", **changes: Any) -> dict[str, Any]:
    """The least that CloudFront takes, with changes."""
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [ORIGIN]},
        "DefaultCacheBehavior": BEHAVIOR,
        **changes,
    }


def create(cloudfront: Any, reference: str = "media", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = cloudfront.create_distribution(DistributionConfig=configuration(reference, **changes))
    return made


def certificate(name: str = "*.client.url", region: str = "us-east-1") -> str:
    """The ARN of an imported certificate."""
    pair = self_signed(name)
    imported = client("acm", region).import_certificate(
        Certificate=pair.certificate.encode(), PrivateKey=pair.private_key.encode()
    )
    return str(imported["CertificateArn"])


def named(*names: str, arn: str) -> dict[str, Any]:
    """The members of a configuration that give a distribution names."""
    return {
        "Aliases": {"Quantity": len(names), "Items": list(names)},
        "ViewerCertificate": {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"},
    }


@contextmanager
def refuses(code: str, status: int) -> Iterator[None]:
    """As ``aws_refuses``, with the HTTP status."""
    with aws_refuses(code) as caught:
        yield
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_whole_configuration_reads_back(cloudfront: Any) -> None:
    """Every member that was said, and CloudFront's own default for each that was not."""
    said = configuration(
        Comment="Media",
        DefaultCacheBehavior={
            **BEHAVIOR,
            "AllowedMethods": {
                "Quantity": 3,
                "Items": ["GET", "HEAD", "OPTIONS"],
                "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
            },
            "Compress": True,
            "OriginRequestPolicyId": "59781a5b-3903-41f3-afcb-af62929ccde1",
            "ResponseHeadersPolicyId": "60669652-455b-4ae9-85a4-c4c02393f86c",
        },
        CacheBehaviors={"Quantity": 1, "Items": [{**BEHAVIOR, "PathPattern": "/catalog/*"}]},
        CustomErrorResponses={"Quantity": 1, "Items": [{"ErrorCode": 503, "ErrorCachingMinTTL": 5}]},
        DefaultRootObject="index.html",
        HttpVersion="http2and3",
        IsIPV6Enabled=False,
        Logging={"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": "media/"},
        PriceClass="PriceClass_100",
        Restrictions={"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["FR"]}},
    )
    id = cloudfront.create_distribution(DistributionConfig=said)["Distribution"]["Id"]
    kept = cloudfront.get_distribution_config(Id=id)["DistributionConfig"]
    for member, value in said.items():
        if member not in ("Origins", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses"):
            assert kept[member] == value
    assert kept["DefaultCacheBehavior"].items() >= said["DefaultCacheBehavior"].items()
    assert kept["CacheBehaviors"]["Items"][0]["PathPattern"] == "/catalog/*"
    assert kept["CacheBehaviors"]["Items"][0]["AllowedMethods"]["Items"] == ["HEAD", "GET"]
    assert kept["CustomErrorResponses"]["Items"][0]["ErrorCachingMinTTL"] == 5
    [origin] = kept["Origins"]["Items"]
    assert (origin["ConnectionAttempts"], origin["CustomOriginConfig"]["OriginReadTimeout"]) == (3, 30)
    assert kept["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    [listed] = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert listed["DefaultCacheBehavior"] == kept["DefaultCacheBehavior"]


def test_what_is_read_can_be_sent_again(cloudfront: Any) -> None:
    """As every client changes one member of a distribution: a configuration is its own update."""
    made = create(cloudfront)
    id, config = made["Distribution"]["Id"], made["Distribution"]["DistributionConfig"]
    cloudfront.update_distribution(Id=id, IfMatch=made["ETag"], DistributionConfig={**config, "Comment": "changed"})
    assert cloudfront.get_distribution_config(Id=id)["DistributionConfig"] == {**config, "Comment": "changed"}


def test_a_distribution_is_deployed_when_it_is_asked_for_again(cloudfront: Any) -> None:
    """After its creation and after each update, so that a waiter waits once."""
    made = create(cloudfront)
    id = made["Distribution"]["Id"]
    assert made["Distribution"]["Status"] == "InProgress"
    assert cloudfront.get_distribution(Id=id)["Distribution"]["Status"] == "Deployed"
    updated = cloudfront.update_distribution(
        Id=id, IfMatch=made["ETag"], DistributionConfig=configuration(Comment="changed")
    )
    assert updated["Distribution"]["Status"] == "InProgress"
    assert updated["Distribution"]["LastModifiedTime"] > made["Distribution"]["LastModifiedTime"]
    assert cloudfront.get_distribution(Id=id)["Distribution"]["Status"] == "Deployed"


def test_an_update_says_which_version_it_changes(cloudfront: Any) -> None:
    """Or two clients would undo each other's changes: an old version, or none, is refused."""
    made = create(cloudfront)
    change = {"Id": made["Distribution"]["Id"], "DistributionConfig": configuration(Comment="changed")}
    update = cloudfront.update_distribution
    with refuses("InvalidIfMatchVersion", 400):
        update(**change)
    update(**change, IfMatch=made["ETag"])
    with refuses("PreconditionFailed", 412):
        update(**change, IfMatch=made["ETag"])
    other = {**change, "DistributionConfig": configuration("another")}
    current = cloudfront.get_distribution(Id=change["Id"])["ETag"]
    with refuses("IllegalUpdate", 400):
        update(**other, IfMatch=current)


def test_only_what_is_turned_off_is_deleted(cloudfront: Any) -> None:
    """With its tags and invalidations."""
    made = create(cloudfront)
    id, arn = made["Distribution"]["Id"], made["Distribution"]["ARN"]
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "Client", "Value": "client"}]})
    delete = cloudfront.delete_distribution
    with refuses("DistributionNotDisabled", 409):
        delete(Id=id, IfMatch=made["ETag"])
    off = cloudfront.update_distribution(Id=id, IfMatch=made["ETag"], DistributionConfig=configuration(Enabled=False))
    with refuses("PreconditionFailed", 412):
        delete(Id=id, IfMatch=made["ETag"])
    delete(Id=id, IfMatch=off["ETag"])
    with refuses("NoSuchDistribution", 404):
        cloudfront.get_distribution(Id=id)
    assert not cloudfront.list_tags_for_resource(Resource=arn)["Tags"].get("Items")


def test_tags_come_with_a_distribution_and_change_later(cloudfront: Any) -> None:
    made = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={
            "DistributionConfig": configuration(),
            "Tags": {"Items": [{"Key": "Client", "Value": "client"}, {"Key": "Old", "Value": "yes"}]},
        }
    )
    arn = made["Distribution"]["ARN"]
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "System", "Value": "cdn"}]})
    cloudfront.untag_resource(Resource=arn, TagKeys={"Items": ["Old"]})
    assert {
        each["Key"]: each["Value"] for each in cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"]
    } == {
        "Client": "client",
        "System": "cdn",
    }


def test_a_name_belongs_to_one_distribution(cloudfront: Any) -> None:
    """Until that distribution gives it up."""
    arn = certificate()
    first = create(cloudfront, "first", **named("media.client.url", arn=arn))
    second = configuration("second", **named("media.client.url", "static.client.url", arn=arn))
    with refuses("CNAMEAlreadyExists", 409):
        cloudfront.create_distribution(DistributionConfig=second)
    keeps = configuration("first", Comment="changed", **named("media.client.url", arn=arn))
    id = first["Distribution"]["Id"]
    kept = cloudfront.update_distribution(Id=id, IfMatch=first["ETag"], DistributionConfig=keeps)
    cloudfront.update_distribution(Id=id, IfMatch=kept["ETag"], DistributionConfig=configuration("first"))
    cloudfront.create_distribution(DistributionConfig=second)


@pytest.mark.parametrize(
    ("covered", "region", "accepted"),
    [
        ("*.client.url", "us-east-1", True),
        ("media.client.url", "us-east-1", True),
        ("*.client.url", "eu-west-3", False),
        ("client.url", "us-east-1", False),
        ("*.url", "us-east-1", False),
    ],
)
def test_a_name_needs_a_certificate_for_it_in_virginia(
    cloudfront: Any, covered: str, region: str, accepted: bool
) -> None:
    """A wildcard matches one label, and CloudFront reads certificates of us-east-1 only."""
    said = configuration(**named("media.client.url", arn=certificate(covered, region)))
    if accepted:
        cloudfront.create_distribution(DistributionConfig=said)
    else:
        with refuses("InvalidViewerCertificate", 400):
            cloudfront.create_distribution(DistributionConfig=said)


def test_a_name_needs_a_certificate_of_its_own(cloudfront: Any) -> None:
    """CloudFront's covers its own names only."""
    said = configuration(Aliases={"Quantity": 1, "Items": ["media.client.url"]})
    with refuses("InvalidViewerCertificate", 400):
        cloudfront.create_distribution(DistributionConfig=said)


def test_a_certificate_that_is_served_is_not_deleted(cloudfront: Any) -> None:
    arn = certificate()
    made = create(cloudfront, **named("media.client.url", arn=arn))
    acm = client("acm", "us-east-1")
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [made["Distribution"]["ARN"]]
    with aws_refuses("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DefaultCacheBehavior": {**BEHAVIOR, "TargetOriginId": "other"}}, "NoSuchOrigin"),
        ({"DefaultCacheBehavior": {**BEHAVIOR, "CachePolicyId": "none"}}, "NoSuchCachePolicy"),
        ({"DefaultCacheBehavior": {**BEHAVIOR, "OriginRequestPolicyId": "none"}}, "NoSuchOriginRequestPolicy"),
        ({"DefaultCacheBehavior": {**BEHAVIOR, "ResponseHeadersPolicyId": "none"}}, "NoSuchResponseHeadersPolicy"),
        ({"DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"}}, "InvalidArgument"),
        ({"Origins": {"Quantity": 1, "Items": [{**ORIGIN, "OriginPath": "/pub/media/"}]}}, "InvalidArgument"),
        ({"Origins": {"Quantity": 1, "Items": [{**ORIGIN, "OriginPath": "pub/media"}]}}, "InvalidArgument"),
        ({"Aliases": {"Quantity": 2, "Items": ["media.client.url"]}}, "InconsistentQuantities"),
    ],
)
def test_what_makes_no_sense_is_refused(cloudfront: Any, changes: dict[str, Any], code: str) -> None:
    """And nothing is made."""
    said = configuration(**changes)
    with aws_refuses(code):
        cloudfront.create_distribution(DistributionConfig=said)
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0


def test_the_policies_of_aws_are_there(cloudfront: Any) -> None:
    """With their published names and ids."""
    [optimized] = [
        each["CachePolicy"]
        for each in cloudfront.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
        if each["CachePolicy"]["CachePolicyConfig"]["Name"] == "Managed-CachingOptimized"
    ]
    assert optimized["Id"] == CACHING_OPTIMIZED
    assert optimized["CachePolicyConfig"]["DefaultTTL"] == 86400
    assert cloudfront.get_cache_policy(Id=CACHING_OPTIMIZED)["CachePolicy"] == optimized
    assert cloudfront.list_cache_policies(Type="custom")["CachePolicyList"]["Quantity"] == 0
    origin_request = cloudfront.get_origin_request_policy(Id="59781a5b-3903-41f3-afcb-af62929ccde1")
    forwarded = origin_request["OriginRequestPolicy"]["OriginRequestPolicyConfig"]["HeadersConfig"]
    assert forwarded["Headers"]["Items"] == ["Origin"]
    headers = cloudfront.get_response_headers_policy(Id="e61eb60c-9c35-4d20-a928-2b84e02af89c")
    added = headers["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    assert added["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == ["*"]
    assert added["SecurityHeadersConfig"]["ContentTypeOptions"]["Override"] is True
    assert cloudfront.list_origin_request_policies()["OriginRequestPolicyList"]["Quantity"] == 5
    assert cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]["Quantity"] == 5
    with refuses("NoSuchCachePolicy", 404):
        cloudfront.get_cache_policy(Id="none")


def test_an_invalidation_is_kept_and_over_at_once(cloudfront: Any) -> None:
    """In the state that boto3's waiter waits for."""
    id = create(cloudfront)["Distribution"]["Id"]
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "release-1"}
    made = cloudfront.create_invalidation(DistributionId=id, InvalidationBatch=batch)["Invalidation"]
    waiter = cloudfront.get_waiter("invalidation_completed")
    waiter.wait(DistributionId=id, Id=made["Id"], WaiterConfig={"MaxAttempts": 1})
    assert cloudfront.get_invalidation(DistributionId=id, Id=made["Id"])["Invalidation"] == made
    [listed] = cloudfront.list_invalidations(DistributionId=id)["InvalidationList"]["Items"]
    assert (listed["Id"], made["InvalidationBatch"]) == (made["Id"], batch)
