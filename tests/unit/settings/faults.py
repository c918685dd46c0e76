"""What a section says about wrong values."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from settings.section import Section
from settings.validation import faults_in


def faults_of(make: Callable[[], Section], root: type[Section] = Section) -> list[str]:
    """The messages about a section that cannot be made, in the one grammar."""
    with pytest.raises(ValidationError) as error:
        make()
    return [str(fault) for fault in faults_in(error.value, root)]
