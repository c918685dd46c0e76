"""Kinds of text that several sections hold, each with words for what was expected."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from settings.messages import Fault, FaultsError

_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"


def _like(pattern: str, expected: str) -> AfterValidator:
    """A check of a text against a pattern."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise FaultsError([Fault(path="", got=value, expected=expected)])
        return value

    return AfterValidator(check)


DomainName = Annotated[str, _like(rf"({_LABEL}\.)+[a-z]{{2,}}", "a domain name in lower case, such as client.url")]
Wildcard = Annotated[str, _like(rf"\*\.({_LABEL}\.)+[a-z]{{2,}}", "a wildcard, such as *.client.url")]
ShortName = Annotated[
    str, _like("[a-z][a-z0-9-]{0,18}[a-z0-9]", "2 to 20 lower-case letters, digits and hyphens, a letter first")
]
ZoneLetter = Annotated[str, _like("[a-z]", "the letter of an availability zone, such as a")]
AbsolutePath = Annotated[str, _like("/.*", "a path that begins with /")]
BucketName = Annotated[
    str, _like("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits, dots and hyphens")
]
# What EC2 takes, in its own order ("CreateSecurityGroup", "SecurityGroupRuleUpdate").
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
DESCRIPTION_EXPECTED = "1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* (no apostrophes)"
"""What a description of a security group or of one of its rules may hold."""
