"""Elastic Load Balancing: AWS's defaults and refusals, mutual authentication, and rule priorities."""

from sandbox.emulator.elbv2 import listener_rules, listeners, load_balancers

__all__ = ["listener_rules", "listeners", "load_balancers"]
