"""How much of everything the embedded AWS holds: ``GET /moto-api/inventory``, for tests that look for orphans.

It answers a JSON object: for each service, region and collection of moto's backend the number of its entries, such as
``{"ec2 eu-west-3 vpcs": 2}``. Nested collections are counted by what is in them. Only what is not zero is answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_api._internal import urls

PATH = "/moto-api/inventory"
_DEEPEST = 3


def inventory() -> dict[str, int]:
    """The counts by name, sorted."""
    counts: dict[str, int] = {}
    for service in BackendDict._instances:
        for _account, region, backend in service.iter_backends():
            for attribute, value in vars(backend).items():
                if isinstance(value, (Mapping, list, set)) and (count := _count(value)):
                    key = f"{service.service_name} {region} {attribute}"
                    counts[key] = counts.get(key, 0) + count
    return dict(sorted(counts.items()))


def _count(value: Any, depth: int = 0) -> int:
    """The entries in a collection and in the collections in it."""
    if depth < _DEEPEST and isinstance(value, Mapping):
        return sum(_count(each, depth + 1) for each in value.values())
    if depth < _DEEPEST and isinstance(value, (list, set)):
        return sum(_count(each, depth + 1) for each in value)
    return 1


def _answer(_request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """A request handler in moto's form."""
    return 200, {"Content-Type": "application/json"}, json.dumps(inventory())


urls.url_paths[f"{{0}}{PATH}$"] = _answer
