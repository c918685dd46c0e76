"""Which services may assume a role. AWS asks it when a role is handed to a service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

_PARTITION = "aws"


def trusts(role_arn: str, service: str, *, region: str, account_id: str) -> bool:
    """Whether a role exists and names ``service``, such as ``states.amazonaws.com``, or its name in the region."""
    try:
        role = iam_backends[account_id][_PARTITION].get_role(role_arn.rpartition("/")[2])
    except NotFoundException:
        return False
    if role.arn != role_arn:
        return False
    statements = json.loads(role.assume_role_policy_document)["Statement"]
    services = {service, service.replace(".", f".{region}.", 1)}
    return any(_names(each, services) for each in (statements if isinstance(statements, list) else [statements]))


def _names(statement: Mapping[str, Any], services: set[str]) -> bool:
    principal = statement.get("Principal", {})
    named = principal.get("Service", []) if isinstance(principal, Mapping) else []
    return statement["Effect"] == "Allow" and bool(services & set([named] if isinstance(named, str) else named))
