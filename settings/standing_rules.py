"""What a stack that is up cannot change: the listener rules of its two environments."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from settings.joined_platform import outputs_of
from settings.messages import Fault
from settings.site import SiteSettings
from settings.stack_file import Settings, SettingsError, report

OUTPUT = "listener_rules"
"""The stack output with what the rules were made from. A run that fails does not write it."""
REPLACING = "MAGENTO_REPLACE_ENVIRONMENTS"
"""The environment variable that lets a run change them, because it replaces the environments."""


def made_from(site: SiteSettings) -> dict[str, Any]:
    """The keys of ``site`` that the rules are made from."""
    return {"host_names": list(site.host_names), "back_office_path": site.back_office_path}


def check(settings: Settings) -> None:
    """Refuse other rules for environments that are there. Raises ``SettingsError``.

    Beanstalk reads the rules of a shared load balancer only when it creates an environment, and refuses to change them
    later (aws/elastic-beanstalk-roadmap#217). Without this, the DNS records change before it refuses.
    """
    if os.environ.get(REPLACING):
        return
    standing = outputs_of(pulumi.get_stack()).get(OUTPUT) or {}
    if faults := tuple(_faults(made_from(settings.site), standing)):
        raise SettingsError(report(faults))


def _faults(wanted: Mapping[str, Any], standing: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in wanted.items():
        before = standing.get(key, value)
        # Their order is that of the site's address, and not of the rules.
        if (sorted(value) != sorted(before)) if isinstance(value, list) else value != before:
            shown = ", ".join(before) if isinstance(before, list) else before
            yield Fault(
                path=f"site.{key}",
                got=value,
                expected=f"{shown}, since Beanstalk cannot change the listener rules of an environment",
                fix="To replace both environments, read docs/operations.md, Host names and the back office's path.",
            )
