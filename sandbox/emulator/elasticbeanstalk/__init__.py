"""Elastic Beanstalk, complete enough for a platform to be built on, released to and watched; moto has only stubs of it.

Not here, and refused by name: Classic and Network Load Balancers, worker environments, custom platforms, roles of
operations.
"""

from __future__ import annotations

from moto import elasticbeanstalk as _upstream

from sandbox.emulator.elasticbeanstalk import controls
from sandbox.emulator.elasticbeanstalk.models import eb_backends

# moto finds a service's backends under this name, in the service's package.
_upstream.eb_backends = eb_backends
controls.install()
