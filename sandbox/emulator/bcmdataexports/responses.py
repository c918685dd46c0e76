"""The operations of Data Exports."""

from __future__ import annotations

from typing import Any

from moto.core.responses import BaseResponse

from sandbox.emulator.bcmdataexports.models import DataExportsBackend, bcmdataexports_backends
from sandbox.emulator.patching import operation


class DataExportsResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="bcm-data-exports")

    @property
    def exports_backend(self) -> DataExportsBackend:
        backend: DataExportsBackend = bcmdataexports_backends[self.current_account][self.partition]
        return backend


@operation(DataExportsResponse)
def create_export(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    tags = _mapping(parameters.get("ResourceTags", []))
    return {"ExportArn": response.exports_backend.create_export(parameters["Export"], tags).arn}


@operation(DataExportsResponse)
def get_export(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    export = response.exports_backend.export(parameters["ExportArn"])
    return {"Export": export.definition, "ExportStatus": export.status}


@operation(DataExportsResponse)
def list_exports(response: DataExportsResponse, _parameters: dict[str, Any]) -> dict[str, Any]:
    """All on one page: an account may have ten ("Quotas and restrictions")."""
    exports = response.exports_backend.exports.values()
    return {
        "Exports": [{"ExportArn": each.arn, "ExportName": each.name, "ExportStatus": each.status} for each in exports]
    }


@operation(DataExportsResponse)
def update_export(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"ExportArn": response.exports_backend.update_export(parameters["ExportArn"], parameters["Export"]).arn}


@operation(DataExportsResponse)
def delete_export(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    response.exports_backend.delete_export(parameters["ExportArn"])
    return {"ExportArn": parameters["ExportArn"]}


@operation(DataExportsResponse)
def list_tags_for_resource(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    tags = response.exports_backend.export(parameters["ResourceArn"]).tags
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@operation(DataExportsResponse)
def tag_resource(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    response.exports_backend.export(parameters["ResourceArn"]).tags.update(_mapping(parameters["ResourceTags"]))
    return {}


@operation(DataExportsResponse)
def untag_resource(response: DataExportsResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    tags = response.exports_backend.export(parameters["ResourceArn"]).tags
    for key in parameters["ResourceTagKeys"]:
        tags.pop(key, None)
    return {}


def _mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
