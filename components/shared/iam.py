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


def only_over_tls(action: str, *resources: str) -> dict[str, object]:
    """A statement that denies ``action`` on the ARNs of ``resources`` to whoever asks in the clear."""
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def assumable_by(service: str, *, account_id: str | None = None) -> str:
    """The trust policy of a role that a service takes on; ``service`` is a principal such as ``ec2.amazonaws.com``.

    ``account_id`` is whose behalf it acts on, or else it might act on a stranger's ("The confused deputy problem"). Not
    every service says so: EC2, Backup and Elastic Beanstalk do not.
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    return document(statement)
