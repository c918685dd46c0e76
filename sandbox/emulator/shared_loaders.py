"""One reader of botocore's models for the whole process.

botocore lists some 10,000 files for each new loader, and parses a service's model once a loader: megabytes of JSON for
EC2. moto makes a loader for each service, and boto3 one for each session. Shared, the embedded AWS starts in half the
time.
"""

from __future__ import annotations

import functools

import botocore.session
import moto.core.utils


def share_loaders() -> None:
    """Give every later session of boto3, and moto, the same loader."""
    for module in (botocore.session, moto.core.utils):
        if not hasattr(module.create_loader, "cache_info"):
            module.create_loader = functools.cache(module.create_loader)
