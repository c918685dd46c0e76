"""The stack file, held against what the engine knows of stacks that are up: its own, and the one that it joins."""

from __future__ import annotations

from settings import joined_platform, stack_file, standing_rules, standing_settings


def load() -> stack_file.Settings:
    """The settings of the stack that the program runs for, before anything is made. Raises ``SettingsError``."""
    settings = stack_file.load()
    joined_platform.check(settings)
    standing_settings.check(settings)
    standing_rules.check(settings)
    return settings
