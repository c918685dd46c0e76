"""Adapters of pulumi-aws's ``lb`` module, over AWS's second load balancing API."""

from sandbox.provider.aws.lb import listener_rules, listeners, load_balancers

__all__ = ["listener_rules", "listeners", "load_balancers"]
