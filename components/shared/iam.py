"""IAM policy documents in JSON, and their statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


def document(*statements: Mapping[str, object]) -> str:
    """A policy document of the given statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], *resources: str) -> dict[str, object]:
    """A statement that allows ``actions`` on the ARNs of ``resources``."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def only_over_tls(action: str, *resources: str) -> dict[str, object]:
    """A statement that denies ``action`` on the ARNs of ``resources`` for requests without TLS."""
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def assumable_by(service: str, *, account_id: str | None = None, external_id: str | None = None) -> str:
    """The trust policy of a role that a service assumes. ``service`` is a principal such as ``ec2.amazonaws.com``.

    With ``account_id``, the service assumes the role only on behalf of that account ("The confused deputy problem").
    EC2, Backup and Elastic Beanstalk do not send the account. Elastic Beanstalk sends ``external_id`` instead
    ("Managing Elastic Beanstalk service roles").
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return document(statement)
