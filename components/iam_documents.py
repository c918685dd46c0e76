"""IAM's JSON documents, as functions of what they grant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


def document(*statements: Mapping[str, object]) -> str:
    """A policy document of the given statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], *resources: str) -> dict[str, object]:
    """A statement that allows ``actions`` on the ARNs of ``resources``."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def assumable_by(service: str) -> str:
    """The trust policy of a role that a service takes on; ``service`` is a principal such as ``ec2.amazonaws.com``."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
