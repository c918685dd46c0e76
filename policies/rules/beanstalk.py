"""Elastic Beanstalk's environments, by their option settings."""

from __future__ import annotations

from policies.rule import Rule

RULES: tuple[Rule, ...] = ()
