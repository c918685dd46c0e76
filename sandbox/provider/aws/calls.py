"""The arguments of a call to AWS, from a program's properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.provider.adapter import Values


def arguments(inputs: Mapping[str, Any], names: Mapping[str, str]) -> Values:
    """The arguments for those of the named properties that say something: pulumi-aws's name to AWS's. An empty text or
    list says nothing; ``False`` and 0 do."""
    return {argument: inputs[name] for name, argument in names.items() if inputs.get(name) not in (None, "", [])}
