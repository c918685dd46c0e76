"""What Elastic Beanstalk takes as environment properties, and the names that are not the user's.

"Environment properties and other software settings" has the limits: letters, digits, white space and some symbols in
values, and 4,096 bytes for all properties of an environment together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from settings.values import Limit, like

MOST_BYTES = 4096
"""Of all properties of an environment, each as ``NAME=value``."""

_OF_THE_STACK = re.compile("(CRON|DATABASE|FTP|INTERNAL|MAGE|MAGENTO|SATELLITE)_.*")
"""What the stack itself sets, or Magento takes for a value of its configuration (``MAGE_*``)."""
_OF_THE_SYSTEM = re.compile(
    "((AWS|BASH|COMPOSER|EB|GIT|HTTP|LC|LD|MALLOC|OPENSSL|PHP|RDS|SSL)_|PERL5|PYTHON|RUBY).*"
    "|BASHOPTS|CDPATH|ENV|EUID|GCONV_PATH|HOME|HOSTALIASES|IFS|LANG|LOCALDOMAIN|LOGNAME|NODE_OPTIONS|OLDPWD|PATH|PHPRC"
    "|PPID|PROMPT_COMMAND|PS4|PWD|RES_OPTIONS|SHELL|SHELLOPTS|TMPDIR|UID|USER"
)
"""What decides which programs and libraries run, and how: hooks run as root with all properties in their environment.
PHP takes ``HTTP_*`` for a header of the request."""


def is_reserved(name: str) -> bool:
    """Whether a property of this name would change what the stack or the system does."""
    return bool(_OF_THE_STACK.fullmatch(name) or _OF_THE_SYSTEM.fullmatch(name))


PropertyName = Annotated[
    str,
    like("[A-Z][A-Z0-9_]{0,127}", "upper-case letters, digits and _, a letter first"),
    Limit(
        expected="a name that neither the stack nor the system uses, so not PATH, LD_*, PHP_*, AWS_*, DATABASE_*, "
        "FTP_*, MAGE_* or similar",
        holds=lambda name: not is_reserved(name),
    ),
]
PropertyValue = Annotated[
    str,
    like(
        r"[A-Za-z0-9 _.:/=+\\@'\"-]+",
        "one or more letters, digits, spaces and _.:/=+\\-@'\" (a value with others can be a filled secret)",
    ),
]


def size(properties: Mapping[str, str]) -> int:
    """How many bytes the properties take."""
    return sum(len(f"{name}={value}".encode()) for name, value in properties.items())
