"""``python3 -m sandbox.hosts.beanstalk_platform`` on a host: reads a request, deploys, and prints its log."""

from __future__ import annotations

import sys

from sandbox.hosts.beanstalk_platform.deployment import Deployment
from sandbox.hosts.beanstalk_platform.request import Request

if __name__ == "__main__":
    sys.exit(Deployment(request=Request.read(sys.stdin.read())).run())
