"""Elastic Beanstalk: applications, environments made of real resources, rolling deployments, health and events.

moto has only stubs. Missing, and refused by name: Classic and Network Load Balancers, worker environments, custom
platforms and operations roles.
"""

from __future__ import annotations

from moto import elasticbeanstalk as _moto

from sandbox.emulator.elasticbeanstalk import controls
from sandbox.emulator.elasticbeanstalk.models import eb_backends
from sandbox.emulator.fleet.ticker import TICKER

# moto finds a service's backends under this name, in the service's package.
_moto.eb_backends = eb_backends
controls.install()


def _advance() -> bool:
    """Continue the operations of all accounts and regions."""
    backends = [backend for regions in list(eb_backends.values()) for backend in list(regions.values())]
    return sum(backend.advance() for backend in backends) > 0


TICKER.tasks.append(_advance)
