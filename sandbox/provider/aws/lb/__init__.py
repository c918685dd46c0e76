"""Adapters of pulumi-aws's ``lb`` module, over AWS's second load balancing API."""

from sandbox.provider.aws.lb import listener, listener_rule, load_balancer, target_group

__all__ = ["listener", "listener_rule", "load_balancer", "target_group"]
