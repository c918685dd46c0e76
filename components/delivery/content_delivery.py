"""CloudFront for the media and static files of a shop."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.delivery_logs import DeliveryLogs, DeliveryLogsArgs
from components.network.alias_record import alias_record
from components.network.firewall import Firewall, FirewallArgs
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.arguments import refuse
from components.shared.context import Context
from settings.content_delivery import ContentDeliverySettings

# Policies that AWS manages, by the ids that it documents ("Use managed cache policies", "Use managed origin request
# policies", "Use managed response headers policies").
_CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""Caches for a day by default, for a year at most. The key has no query strings: Magento has versions in paths."""
_CORS_CUSTOM_ORIGIN = "59781a5b-3903-41f3-afcb-af62929ccde1"
_CORS_WITH_PREFLIGHT_AND_SECURITY_HEADERS = "eaab4381-ed33-4a86-88ca-d9558dc6cd63"
"""Browsers load fonts and templates from another host only with CORS. For a template they ask first, with OPTIONS,
because Magento's RequireJS adds the header X-Requested-With. nginx answers that, and CloudFront keeps its headers."""

_ALLOWED_METHODS = ["GET", "HEAD", "OPTIONS"]
_CACHED_METHODS = ["GET", "HEAD"]
"""Without OPTIONS: its answers may depend on the page that asks, which is not part of the cache's key."""
_SERVER_ERRORS = (500, 502, 503, 504)
_ERROR_SECONDS = 5
"""How long an edge caches a server error, which protects an overloaded origin. The page of the maintenance hold is a
server error too, so shoppers may wait this long for pictures after a hold."""


@dataclass(frozen=True, kw_only=True)
class ContentDeliveryArgs:
    """The settings of the distributions.

    Raises ``ValueError`` for access logs in a stack that has no bucket for them.
    """

    context: Context
    shared: SharedPlatformOutputs
    delivery: ContentDeliverySettings
    document_root: str
    """The ``document_root`` of the site: Magento's directory, or ``pub`` in it."""

    def __post_init__(self) -> None:
        if self.delivery.access_logs and self.shared.delivery_logs_bucket is None:
            refuse("delivery_logs_bucket", expected="a bucket for the access logs")


class ContentDelivery(pulumi.ComponentResource):
    """Two CloudFront distributions, for media and for static files, with HTTPS only.

    Produces the distributions, an A and an AAAA record for each in the public zone and, if the settings ask for them,
    ``DeliveryLogs`` and a ``Firewall``.
    """

    origin: str
    """The host name from which both distributions fetch."""
    media_domain_name: pulumi.Output[str]
    """The distribution's name at CloudFront, such as ``d111111abcdef8.cloudfront.net``."""
    media_distribution_id: pulumi.Output[str]
    static_domain_name: pulumi.Output[str]
    static_distribution_id: pulumi.Output[str]

    def __init__(self, name: str, args: ContentDeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "magento:delivery:ContentDelivery",
            name,
            {"media": args.delivery.media, "static": args.delivery.static},
            opts,
        )
        self._name, self._args = name, args
        self._context = args.context.for_system("content-delivery")
        self._firewall = None
        if args.delivery.firewall:
            self._firewall = Firewall(
                f"{name}-firewall",
                FirewallArgs(context=args.context, firewall=args.delivery.firewall, at_cloudfront=True),
                opts=pulumi.ResourceOptions(parent=self),
            )
        media = self._deliver("media", args.delivery.media)
        static = self._deliver("static", args.delivery.static)
        self.origin = args.delivery.origin
        self.media_domain_name, self.media_distribution_id = media.domain_name, media.id
        self.static_domain_name, self.static_distribution_id = static.domain_name, static.id
        if args.delivery.access_logs and args.shared.delivery_logs_bucket is not None:
            DeliveryLogs(
                f"{name}-logs",
                DeliveryLogsArgs(
                    distributions={"media": media.arn, "static": static.arn},
                    bucket_name=args.shared.delivery_logs_bucket,
                    context=self._context,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs(
            {
                "media_domain_name": self.media_domain_name,
                "media_distribution_id": self.media_distribution_id,
                "static_domain_name": self.static_domain_name,
                "static_distribution_id": self.static_distribution_id,
            }
        )

    def _deliver(self, content: str, host_name: str) -> aws.cloudfront.Distribution:
        """The distribution of one directory below Magento's ``pub``, with its DNS records."""
        distribution = self._distribution(content, host_name)
        for record_type in ("A", "AAAA"):
            alias_record(
                f"{self._name}-{content}-{record_type.lower()}",
                host_name=host_name,
                record_type=record_type,
                zone_id=self._args.shared.public_zone_id,
                target=distribution.domain_name,
                target_zone_id=distribution.hosted_zone_id,
                parent=self,
            )
        return distribution

    def _distribution(self, content: str, host_name: str) -> aws.cloudfront.Distribution:
        args = self._args
        return aws.cloudfront.Distribution(
            f"{self._name}-{content}",
            enabled=True,
            comment=f"{host_name}: {content} files of the shop",
            aliases=[host_name],
            price_class=args.delivery.price_class.value,
            http_version="http2and3",
            is_ipv6_enabled=True,
            web_acl_id=self._firewall.arn if self._firewall else None,
            origins=[
                aws.cloudfront.DistributionOriginArgs(
                    origin_id="site",
                    domain_name=args.delivery.origin,
                    origin_path=_origin_path(args.document_root, content),
                    custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
                        http_port=80,
                        https_port=443,
                        origin_protocol_policy="https-only",
                        origin_ssl_protocols=["TLSv1.2"],
                    ),
                )
            ],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                target_origin_id="site",
                viewer_protocol_policy="https-only",
                allowed_methods=_ALLOWED_METHODS,
                cached_methods=_CACHED_METHODS,
                compress=True,
                cache_policy_id=_CACHING_OPTIMIZED,
                origin_request_policy_id=_CORS_CUSTOM_ORIGIN,
                response_headers_policy_id=_CORS_WITH_PREFLIGHT_AND_SECURITY_HEADERS,
            ),
            custom_error_responses=[
                aws.cloudfront.DistributionCustomErrorResponseArgs(
                    error_code=code, error_caching_min_ttl=_ERROR_SECONDS
                )
                for code in _SERVER_ERRORS
            ],
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
            ),
            viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                acm_certificate_arn=args.shared.cloudfront_certificate_arn,
                minimum_protocol_version="TLSv1.2_2021",
                ssl_support_method="sni-only",
            ),
            tags=self._context.tags.named(f"{self._name}-{content}"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _origin_path(document_root: str, content: str) -> str:
    """The origin's path to a directory of Magento's ``pub``. CloudFront takes no slash at the end."""
    serves_pub = document_root.rstrip("/").endswith("/pub")
    return f"/{content}" if serves_pub else f"/pub/{content}"
