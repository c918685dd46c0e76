"""Errors of the embedded AWS, in the wire format of the service that was called."""

from __future__ import annotations

import re
import warnings
from http import HTTPStatus
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model, service_name_from_moto_package_name
from werkzeug.exceptions import NotFound

# moto warns of codes that a service's model lacks; every service of AWS has some.
warnings.filterwarnings("ignore", message=r"Exception\(AwsError\) with code", category=UserWarning)

# Services that sign with another name than botocore has for them, newest API first.
_SIGNING_NAMES = {
    "elasticloadbalancing": ("elbv2", "elb"),
    "es": ("opensearch", "es"),
    "monitoring": ("cloudwatch",),
    "email": ("ses", "sesv2"),
    "ses": ("sesv2", "ses"),
    "elasticfilesystem": ("efs",),
    "states": ("stepfunctions",),
    "route53domains": ("route53domains",),
}
_CREDENTIAL_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/")


class AwsError(ServiceException):
    """An error of AWS. Raise it anywhere while a request is answered, in any service.

    ``status`` overrides the HTTP status that the service's model gives to ``code`` (400 for a code that it lacks).
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status


def refuse(environ: dict[str, Any], why: str, code: str = "InvalidAction") -> tuple[int, dict[str, str], str]:
    """Status 400, headers and body of a refusal that names service and operation, in the protocol of the service.

    Clients would retry a 500 or an HTML page for minutes, which looks like a hang.
    """
    request = Request(environ)
    scope = _CREDENTIAL_SCOPE.search(request.headers.get("Authorization", ""))
    signed_as = scope["service"] if scope else "s3"  # as moto does with unsigned requests
    operation = f"{request.method} {request.path}"
    service = None
    for candidate in _SIGNING_NAMES.get(signed_as, (service_name_from_moto_package_name(signed_as),)):
        try:
            found, _ = get_service_router(candidate).match(request)
            service, operation = candidate, found.name
            break
        except NotFound:
            service = service or candidate
        except (UnknownServiceError, NotImplementedError):
            continue
    # A service that botocore does not know still gets an answer that clients of its protocol can read.
    model = get_service_model(service or ("kms" if "X-Amz-Target" in request.headers else "sts"))
    protocol = determine_request_protocol(model, request.content_type)
    error = AwsError(code, f"{service or signed_as}.{operation}: {why}")
    answer = get_serializer_class(model.service_name, protocol)(OperationModel({}, model)).serialize(error)
    return HTTPStatus.BAD_REQUEST, answer["headers"], answer["body"]
