"""Elastic Load Balancing: AWS's defaults and refusals, mutual authentication, rule priorities, and target health."""

from sandbox.emulator.elbv2 import listener_rules, listeners, load_balancers, targets

__all__ = ["listener_rules", "listeners", "load_balancers", "targets"]
