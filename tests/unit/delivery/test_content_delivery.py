"""Row 12: media and static files, each behind a distribution of its own."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi_aws as aws
import pytest

from components.delivery.content_delivery import ContentDelivery, ContentDeliveryArgs
from policies.model.rule import Rule
from policies.rules.delivery.content_delivery import CLOUDFRONT_HTTPS_ONLY, CLOUDFRONT_MINIMUM_TLS
from settings.content_delivery import ContentDeliverySettings, PriceClass
from tests.policies.analyzer import Node, analyze, fired, nodes_of
from tests.unit.graph import Graph
from tests.unit.program import build
from tests.unit.settings.faults import faults_of
from tests.unit.surroundings import CONTEXT, SHARED

SHIPPED = ContentDeliverySettings(media="media.client.url", static="static.client.url", origin="origin.client.url")
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/client"
ZONE = "Z0CLIENT"
CONTENTS = ("media", "static")
RULES = [CLOUDFRONT_HTTPS_ONLY, CLOUDFRONT_MINIMUM_TLS]


def deliver(
    document_root: str = "/", delivery: ContentDeliverySettings = SHIPPED, logs_bucket: str | None = None
) -> Graph:
    """The component alone."""
    return build(
        lambda: ContentDelivery(
            "content",
            ContentDeliveryArgs(
                context=CONTEXT,
                shared=dataclasses.replace(
                    SHARED,
                    cloudfront_certificate_arn=CERTIFICATE,
                    public_zone_id=ZONE,
                    delivery_logs_bucket=logs_bucket,
                ),
                delivery=delivery,
                document_root=document_root,
            ),
        )
    )


@pytest.fixture(scope="module")
def graph() -> Graph:
    return deliver()


@pytest.fixture(scope="module")
def logged() -> Graph:
    """With access logs."""
    return deliver(delivery=SHIPPED.changed(access_logs=True), logs_bucket="client-logs")


def distribution(graph: Graph, content: str) -> Any:
    """What one of the distributions is asked to be."""
    return graph.one(aws.cloudfront.Distribution, name=f"content-{content}").inputs


@pytest.mark.row(12)
def test_two_distributions_each_under_its_name(graph: Graph) -> None:
    assert {each.name: each.inputs["aliases"] for each in graph.of_type(aws.cloudfront.Distribution)} == {
        "content-media": ["media.client.url"],
        "content-static": ["static.client.url"],
    }


@pytest.mark.row(12)
@pytest.mark.parametrize("content", CONTENTS)
def test_viewers_come_over_https_with_the_shops_certificate(graph: Graph, content: str) -> None:
    """Nothing in the clear, not even a redirect, and nothing older than TLS 1.2."""
    asked = distribution(graph, content)
    assert asked["defaultCacheBehavior"]["viewerProtocolPolicy"] == "https-only"
    assert asked["viewerCertificate"] == {
        "acmCertificateArn": CERTIFICATE,
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }


@pytest.mark.parametrize("content", CONTENTS)
def test_the_origin_is_a_name_that_the_certificate_covers(graph: Graph, content: str) -> None:
    """CloudFront compares the origin's certificate with it: the load balancer's own name would never match."""
    [origin] = distribution(graph, content)["origins"]
    assert origin["domainName"] == "origin.client.url"
    assert origin["originId"] == distribution(graph, content)["defaultCacheBehavior"]["targetOriginId"]
    assert origin["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert origin["customOriginConfig"]["originSslProtocols"] == ["TLSv1.2"]


@pytest.mark.row(12)
@pytest.mark.parametrize(
    ("document_root", "media", "static"),
    [
        ("/", "/pub/media", "/pub/static"),
        ("/pub", "/media", "/static"),
        ("/pub/", "/media", "/static"),
        ("/shop", "/pub/media", "/pub/static"),
        ("/gastropub", "/pub/media", "/pub/static"),
    ],
)
def test_the_origin_path_follows_the_document_root(document_root: str, media: str, static: str) -> None:
    """The same files, whether the web servers serve Magento's directory or the pub in it; never a slash at the end,
    which CloudFront refuses."""
    graph = deliver(document_root)
    found = [distribution(graph, content)["origins"][0]["originPath"] for content in CONTENTS]
    assert found == [media, static]


@pytest.mark.row(12)
@pytest.mark.parametrize("content", CONTENTS)
def test_files_are_cached_as_magento_wants_it(graph: Graph, content: str) -> None:
    """CachingOptimized, CORS-CustomOrigin and CORS-with-preflight-and-SecurityHeadersPolicy, by AWS's ids."""
    behavior = distribution(graph, content)["defaultCacheBehavior"]
    assert behavior["cachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert behavior["originRequestPolicyId"] == "59781a5b-3903-41f3-afcb-af62929ccde1"
    assert behavior["responseHeadersPolicyId"] == "eaab4381-ed33-4a86-88ca-d9558dc6cd63"
    assert behavior["compress"] is True
    assert behavior["allowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert behavior["cachedMethods"] == ["GET", "HEAD"]
    assert (distribution(graph, content)["httpVersion"], distribution(graph, content)["isIpv6Enabled"]) == (
        "http2and3",
        True,
    )


@pytest.mark.parametrize("content", CONTENTS)
def test_an_error_of_the_origin_is_soon_forgotten(graph: Graph, content: str) -> None:
    """A maintenance hold answers 503: an edge that kept it would keep the shop's pictures away after the hold."""
    kept = {
        each["errorCode"]: each["errorCachingMinTtl"] for each in distribution(graph, content)["customErrorResponses"]
    }
    assert kept.keys() == {500, 502, 503, 504}
    assert max(kept.values()) <= 5


@pytest.mark.parametrize("content", CONTENTS)
def test_both_kinds_of_address_lead_to_the_distribution(graph: Graph, content: str) -> None:
    """A and AAAA in the public zone, as aliases in CloudFront's own zone."""
    delivering = graph.one(aws.cloudfront.Distribution, name=f"content-{content}")
    records = [each for each in graph.of_type(aws.route53.Record) if each.inputs["name"] == f"{content}.client.url"]
    assert sorted(each.inputs["type"] for each in records) == ["A", "AAAA"]
    for record in records:
        assert record.inputs["zoneId"] == ZONE
        assert record.inputs["aliases"] == [
            {
                "name": delivering.outputs["domainName"],
                "zoneId": "Z2FDTNDATAQYW2",
                "evaluateTargetHealth": False,
            }
        ]


def test_the_component_tells_names_and_ids(graph: Graph) -> None:
    """To invalidate a distribution, or to watch it."""
    outputs = graph.one("magento:delivery:ContentDelivery").outputs
    for content in CONTENTS:
        made = graph.one(aws.cloudfront.Distribution, name=f"content-{content}")
        assert outputs[f"{content}_distribution_id"] == made.id
        assert outputs[f"{content}_domain_name"] == made.outputs["domainName"]


def test_config_chooses_the_edges() -> None:
    """The cheapest that has Europe, unless more is asked for."""
    everywhere = ContentDeliverySettings(
        media="m.client.url", static="s.client.url", origin="o.client.url", price_class=PriceClass.EVERYWHERE
    )
    found = [distribution(deliver(delivery=each), "media")["priceClass"] for each in (SHIPPED, everywhere)]
    assert found == ["PriceClass_100", "PriceClass_All"]


def test_names_must_differ() -> None:
    """One name twice would be two distributions for one alias, or one that fetches from itself."""
    assert faults_of(
        lambda: ContentDeliverySettings(media="a.client.url", static="b.client.url", origin="a.client.url")
    ) == ['got ["a.client.url"], expected three different names for media, static and origin']


def test_every_request_is_logged_to_the_bucket(logged: Graph) -> None:
    """Standard logging (v2): from each distribution, by one destination, in folders by distribution and day."""
    destination = logged.one(aws.cloudwatch.LogDeliveryDestination)
    assert destination.inputs["deliveryDestinationConfiguration"] == {
        "destinationResourceArn": "arn:aws:s3:::client-logs"
    }
    sources = {each.inputs["resourceArn"]: each for each in logged.of_type(aws.cloudwatch.LogDeliverySource)}
    assert sources.keys() == {each.outputs["arn"] for each in logged.of_type(aws.cloudfront.Distribution)}
    assert {each.inputs["logType"] for each in sources.values()} == {"ACCESS_LOGS"}
    deliveries = logged.of_type(aws.cloudwatch.LogDelivery)
    assert {each.inputs["deliverySourceName"] for each in deliveries} == {
        each.outputs["name"] for each in sources.values()
    }
    assert {each.inputs["deliveryDestinationArn"] for each in deliveries} == {destination.outputs["arn"]}
    paths = {each.inputs["s3DeliveryConfigurations"][0]["suffixPath"] for each in deliveries}
    assert paths == {"{DistributionId}/{yyyy}/{MM}/{dd}"}


def test_logs_leave_from_the_region_that_has_them(logged: Graph) -> None:
    """AWS takes CloudFront as a source in us-east-1 alone."""
    kinds = (aws.cloudwatch.LogDeliverySource, aws.cloudwatch.LogDeliveryDestination, aws.cloudwatch.LogDelivery)
    assert {each.inputs["region"] for kind in kinds for each in logged.of_type(kind)} == {"us-east-1"}


def test_a_distribution_has_no_logging_of_its_own(logged: Graph) -> None:
    """The older kind needs ACLs on the bucket, which no bucket of ours has."""
    assert not [each for each in logged.of_type(aws.cloudfront.Distribution) if "loggingConfig" in each.inputs]


def test_without_logs_nothing_is_delivered(graph: Graph) -> None:
    assert not graph.of_type(aws.cloudwatch.LogDelivery)


def test_logs_need_a_bucket() -> None:
    with pytest.raises(ValueError, match="delivery_logs_bucket: missing, expected a bucket"):
        deliver(delivery=SHIPPED.changed(access_logs=True))


def test_the_policy_on_https_finds_nothing(graph: Graph) -> None:
    assert analyze(nodes_of(graph), rules=RULES) == []


@pytest.mark.parametrize(
    ("section", "broken", "rule"),
    [
        ("defaultCacheBehavior", {"viewerProtocolPolicy": "allow-all"}, CLOUDFRONT_HTTPS_ONLY),
        ("viewerCertificate", {"minimumProtocolVersion": "TLSv1"}, CLOUDFRONT_MINIMUM_TLS),
    ],
)
def test_the_policy_on_https_watches_the_distributions(
    graph: Graph, section: str, broken: dict[str, str], rule: Rule
) -> None:
    """The same distributions with plain HTTP, or with old TLS, are refused."""

    def broken_in(each: Node) -> Node:
        return each.but(**{section: {**each.properties[section], **broken}}) if section in each.properties else each

    verdicts = analyze([broken_in(each) for each in nodes_of(graph)], rules=RULES)
    assert fired(verdicts) == {(rule.id, "content-media"), (rule.id, "content-static")}


def test_without_the_section_there_is_no_firewall(graph: Graph) -> None:
    assert graph.of_type(aws.wafv2.WebAcl) == ()
    assert all("webAclId" not in each.inputs for each in graph.of_type(aws.cloudfront.Distribution))
