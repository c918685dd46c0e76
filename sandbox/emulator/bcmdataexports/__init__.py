"""Data Exports of Billing and Cost Management, which moto does not have. No export is ever written.

Missing, and refused by name: executions and tables.
"""

import re
from collections.abc import Callable
from typing import Any

from moto import backend_index

from sandbox.emulator.bcmdataexports.models import bcmdataexports_backends
from sandbox.emulator.bcmdataexports.urls import url_bases
from sandbox.emulator.patching import patch

_PACKAGE = __name__.rpartition(".")[2]

backend_index.backend_url_patterns.extend((_PACKAGE, re.compile(base)) for base in url_bases)


@patch(
    "moto.backends:_import_backend",
    sha256="2e28baa6595a7d79d45f0c11384bfb1bb8a94b369a21429fb7a1c0d82d1088fe",
)
def _import_backend(original: Callable[..., Any], module_name: str, backends_name: str) -> Any:
    """Find this service too: moto looks in its own package only."""
    return bcmdataexports_backends if module_name == _PACKAGE else original(module_name, backends_name)
