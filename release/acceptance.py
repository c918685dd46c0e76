"""What an operator accepts: the reasons and alarms that were printed, repeated word by word or by their codes.

A code stands for the words and nothing else, so that a form can take it: Rundeck's jobs and GitHub's workflow hand no
free text to a command.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

NOTHING = "none"
"""What a form says that must be filled in, and has nothing to say."""
_CODES = re.compile(r"[0-9a-f]{8}(,[0-9a-f]{8})*")


def code_of(text: str) -> str:
    """The code of a reason or an alarm: eight digits of its hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def codes_of(texts: Iterable[str]) -> str:
    """The codes of several, as ``--accept`` takes them."""
    return ",".join(map(code_of, texts))


def spelled(accepted: Sequence[str], known: Iterable[str]) -> list[str]:
    """What was accepted, in words. A code that stands for nothing that is known stays as it is."""
    words = {code_of(each): each for each in known}
    found: list[str] = []
    for given in accepted:
        if given == NOTHING:
            continue
        found += [words.get(code, code) for code in given.split(",")] if _CODES.fullmatch(given) else [given]
    return found
