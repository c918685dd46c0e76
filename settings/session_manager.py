"""What Session Manager does with the sessions of an account and region."""

from __future__ import annotations

from settings.log_retention import LogRetentionDays
from settings.section import Section


class SessionManagerSettings(Section):
    """Session Manager's preferences, which record every shell that people open on an instance.

    AWS has one set of preferences for each account and region. Give this section to one stack of them only. The
    instances of all its stacks can write to the record.
    """

    log_retention_days: LogRetentionDays = 365
    """How long CloudWatch Logs keeps what was typed and shown in a session."""
