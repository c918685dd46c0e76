"""Elastic Beanstalk: applications, environments made of real resources, rolling deployments, health and events.

moto has only stubs. Missing, and refused by name: Classic and Network Load Balancers, worker environments, custom
platforms and operations roles.
"""

from __future__ import annotations

from moto import elasticbeanstalk as _moto

from sandbox.emulator.elasticbeanstalk import controls
from sandbox.emulator.elasticbeanstalk.models import eb_backends

# moto finds a service's backends under this name, in the service's package.
_moto.eb_backends = eb_backends
controls.install()
