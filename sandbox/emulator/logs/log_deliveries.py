"""Deliveries of CloudFront's access logs. No log is ever delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.logs.models import Delivery, DeliverySource, LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.s3.service_access import ServiceWrite

_CLOUDFRONT_REGION = "us-east-1"
_CLOUDFRONT_FOLDER = "AWSLogs/{account-id}/CloudFront/"
"""CloudWatch Logs puts this before the path of the request ("Configure standard logging (v2)")."""


@patch(
    "moto.logs.models:LogsBackend.put_delivery_source",
    sha256="ea87f04fd6fb4bf381afe70306b92139d54622f71a89be22d8e7b82bb2a05cd7",
    upstream="PutDeliverySource accepts a CloudFront distribution outside us-east-1.",
)
def _put_delivery_source(
    original: Callable[..., DeliverySource], backend: LogsBackend, **source: Any
) -> DeliverySource:
    if source["resource_arn"].split(":")[2] == "cloudfront" and backend.region_name != _CLOUDFRONT_REGION:
        raise AwsError(
            "ValidationException",
            f"PutDeliverySource action is not supported for this LogType in region {backend.region_name}",
        )
    return original(backend, **source)


@patch(
    "moto.logs.models:LogsBackend.create_delivery",
    sha256="375ef00c600a3ec8a207736aa559061e057ab45d230b5ed85a96c191baa6895e",
)
def _create_delivery(original: Callable[..., Delivery], backend: LogsBackend, **delivery: Any) -> Delivery:
    """Add AWS's folder to the path, and refuse a bucket whose policy does not let log delivery write.

    AWS would extend the policy of the bucket instead, if the caller may do that. The next run of a program that manages
    the policy would remove the extension, so it is refused here.
    """
    made = original(backend, **delivery)
    try:
        made.s3_delivery_configuration = _below_the_folder(made.s3_delivery_configuration)
        _refuse_closed_bucket(backend, made)
    except AwsError:
        backend.delete_delivery(made.id)
        raise
    return made


@operation(LogsResponse)
def update_delivery_configuration(response: LogsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Change the named settings only."""
    delivery = response.logs_backend.get_delivery(parameters["id"])
    delivery.record_fields = parameters.get("recordFields", delivery.record_fields)
    delivery.field_delimiter = parameters.get("fieldDelimiter", delivery.field_delimiter)
    if "s3DeliveryConfiguration" in parameters:
        changed = {**delivery.s3_delivery_configuration, **parameters["s3DeliveryConfiguration"]}
        delivery.s3_delivery_configuration = _below_the_folder(changed)
    return {}


@patch(
    "moto.logs.models:LogsBackend.delete_delivery",
    sha256="f099eccad44050f63400e5225395a879cc67b461fa18f0e7320a8996de89cc8f",
    upstream="A deleted delivery's tags stay.",
)
def _delete_delivery(original: Callable[..., None], backend: LogsBackend, id: str) -> None:
    arn = backend.get_delivery(id).arn
    original(backend, id)
    backend.tagger.delete_all_tags_for_resource(arn)


@patch(
    "moto.logs.models:LogsBackend.delete_delivery_source",
    sha256="da01a8695ff4ca90f6375d2423353d2b3ab0fb497964d6283d5727cf0cd259ec",
    upstream="DeleteDeliverySource deletes a source that a delivery uses.",
)
def _delete_delivery_source(original: Callable[..., None], backend: LogsBackend, name: str) -> None:
    source = backend.get_delivery_source(name)
    _refuse_used(backend, lambda delivery: delivery.delivery_source_name == name)
    original(backend, name)
    backend.tagger.delete_all_tags_for_resource(source.arn)


@patch(
    "moto.logs.models:LogsBackend.delete_delivery_destination",
    sha256="e941d0426db4621da906f85eb682ebfcac5a57778cfb07f311eb45fc07f346ed",
    upstream="DeleteDeliveryDestination deletes a destination that a delivery uses.",
)
def _delete_delivery_destination(original: Callable[..., None], backend: LogsBackend, name: str) -> None:
    destination = backend.get_delivery_destination(name)
    _refuse_used(backend, lambda delivery: delivery.delivery_destination_arn == destination.arn)
    original(backend, name)
    backend.tagger.delete_all_tags_for_resource(destination.arn)


def _refuse_used(backend: LogsBackend, uses: Callable[[Delivery], bool]) -> None:
    if any(map(uses, backend.deliveries.values())):
        raise AwsError("ConflictException", "Delete the deliveries that use it first.")


def _below_the_folder(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration with AWS's folder once before the path, and with AWS's default."""
    if not configuration:
        return configuration
    path = configuration.get("suffixPath", "").removeprefix(_CLOUDFRONT_FOLDER).lstrip("/")
    return {"enableHiveCompatiblePath": False, **configuration, "suffixPath": f"{_CLOUDFRONT_FOLDER}{path}"}


def _refuse_closed_bucket(backend: LogsBackend, delivery: Delivery) -> None:
    if delivery.destination_type != "S3":
        return
    name = delivery.delivery_destination_arn.rpartition(":")[2]
    bucket = backend.get_delivery_destination(name).delivery_destination_configuration["destinationResourceArn"]
    bucket_name, _, prefix = bucket.rpartition(":::")[2].partition("/")
    write = ServiceWrite(
        account_id=backend.account_id,
        bucket=bucket_name,
        key=f"{prefix}/AWSLogs/{backend.account_id}/CloudFront/log".lstrip("/"),
        service="delivery.logs.amazonaws.com",
        source_arn=backend.get_delivery_source(delivery.delivery_source_name).arn,
        acl="bucket-owner-full-control",
    )
    if not write.is_allowed():
        raise AwsError("AccessDeniedException", f"The policy of bucket {bucket_name} does not let log delivery write.")
