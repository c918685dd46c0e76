"""The certificate authorities of RDS, and how long they and an instance's own certificate are valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation

DEFAULT = "rds-ca-rsa2048-g1"
"""What an instance gets that names none ("Using SSL/TLS to encrypt a connection to a DB instance")."""
_VALID_FROM = datetime(2021, 5, 21, tzinfo=UTC)
_VALID_TILL = {
    "rds-ca-rsa2048-g1": datetime(2061, 5, 25, tzinfo=UTC),
    "rds-ca-rsa4096-g1": datetime(2121, 5, 25, tzinfo=UTC),
    "rds-ca-ecc384-g1": datetime(2121, 5, 25, tzinfo=UTC),
}
"""40 years and 100 years, as the same page says."""
_SERVER_CERTIFICATE = timedelta(days=365)
"""RDS renews the certificate of an instance itself, so that it is always valid for the next months."""


def details(instance: DBInstance) -> dict[str, Any]:
    """``CertificateDetails`` of an instance."""
    return {
        "CAIdentifier": instance.ca_certificate_identifier,
        "ValidTill": datetime.now(UTC).replace(microsecond=0) + _SERVER_CERTIFICATE,
    }


@operation(RDSResponse)
def describe_certificates(response: RDSResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    asked = parameters.get("CertificateIdentifier")
    if asked is not None and asked not in _VALID_TILL:
        raise AwsError("CertificateNotFound", f"Certificate {asked} not found.")
    backend = response.backend
    return {
        "DefaultCertificateForNewLaunches": DEFAULT,
        "Certificates": [
            {
                "CertificateIdentifier": name,
                "CertificateType": "CA",
                "CertificateArn": f"arn:{backend.partition}:rds:{backend.region_name}::cert:{name}",
                "ValidFrom": _VALID_FROM,
                "ValidTill": until,
                "CustomerOverride": False,
            }
            for name, until in _VALID_TILL.items()
            if asked in (None, name)
        ],
    }
