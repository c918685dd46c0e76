"""The stack file, held against the other stacks: its own as it is up, the one that it joins, and those that join it."""

from __future__ import annotations

from settings import joined_platform, neighbours, stack_file, stack_files, standing_rules, standing_settings


def load() -> stack_file.Settings:
    """The settings of the stack that the program runs for, before anything is made. Raises ``SettingsError``."""
    stack_files.require_namespaces()
    settings = stack_file.load()
    joined_platform.check(settings)
    neighbours.check(settings)
    standing_settings.check(settings)
    standing_rules.check(settings)
    return settings
