"""What the stack files permit, as the pack's config: one list, for the rules that AWS gets and for their judge.

What the policies add is that an entry ends on its last day, that none is too wide, and that nothing else gets in: a
rule that somebody wrote elsewhere in the program has none. A file given with ``--policy-pack-config`` takes its place.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import EnforcementLevel

from policies.rule import Environment
from policies.rules.security_groups import GATEWAY_INGRESS_ALLOW_LISTED

_PROJECT = Path(__file__).resolve().parent.parent
_NEVER = datetime.date.max.isoformat()
_DAY_LENGTH = len(_NEVER)


def initial_config(project: Path = _PROJECT) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """The config of each policy that takes one from the stack files of ``project``.

    The SDK tells a pack neither the stack nor its config, so an entry of any stack counts in all of them.
    """
    rule = GATEWAY_INGRESS_ALLOW_LISTED
    return {
        rule.id: {
            # Left out, it would be the least of the levels: advisory.
            "enforcementLevel": rule.level_in(Environment.PROD),
            "allowed": [entry for path in sorted(project.glob("Pulumi.*.yaml")) for entry in _allowed(path)],
        }
    }


def _allowed(stack_file: Path) -> Iterator[dict[str, Any]]:
    config = (yaml.safe_load(stack_file.read_text()) or {}).get("config") or {}
    for source in config.get("magento:gateway", {}).get("allowed", ()):
        # A day without quotes is a date to YAML, and Pulumi writes it back into the file with midnight's time.
        yield {**source, "expires": str(source.get("expires") or _NEVER)[:_DAY_LENGTH]}
