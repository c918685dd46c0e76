"""Service-linked roles, with AWS's names for them."""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import EntityAlreadyExists
from moto.iam.models import SERVICE_NAME_CONVERSION, IAMBackend, Role

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

SERVICE_NAME_CONVERSION |= {
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "es": "AmazonElasticsearchService",
    "opensearchservice": "AmazonOpenSearchService",
    "rds": "RDS",
}


@patch(
    "moto.iam.models:IAMBackend.create_service_linked_role",
    sha256="63e44e33777f34ff69ff4f68af8266430e1347a49f3976cd7af2ec8837d3ef46",
    upstream="A second service-linked role of a service is refused with EntityAlreadyExists instead of InvalidInput.",
)
def _create_service_linked_role(
    original: Any, backend: IAMBackend, service_name: str, description: str, suffix: str
) -> Role:
    try:
        return original(backend, service_name, description, suffix)
    except EntityAlreadyExists as taken:
        raise AwsError(
            "InvalidInput",
            f"The service-linked role of {service_name} has been taken in this account, please try a different suffix.",
        ) from taken
