"""The redirections of a shop's `.htaccess`, as rules of nginx, which does not read that file.

Only `Redirect` and `RedirectMatch` are translated, with status 301 or 302. What a `RewriteRule` does depends on the
rules and conditions before it, so a person has to translate it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

CONFIGURATION = ".platform/nginx/conf.d/elasticbeanstalk/redirections.conf"

_DIRECTIVE = re.compile(r"(Redirect|RedirectMatch|RedirectPermanent|RedirectTemp|RewriteRule)\s+(.*)", re.I)
_SECTION = re.compile(r"<(/?)(\w+)\s*([^>]*)>")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_STATUS = re.compile(r"\d+|permanent|temp|seeother|gone", re.I)
_FLAGS = {"301": "permanent", "permanent": "permanent", "302": "redirect", "temp": "redirect"}
_HEALTH_CHECKS = ("/health_check.php", "/pub/health_check.php")
_STOCK = "RedirectMatch 404 /\\.git"
"""Magento's own. nginx refuses all hidden files."""


@dataclass(frozen=True, kw_only=True)
class Redirections:
    """What was found in the files."""

    rules: tuple[str, ...]
    left: tuple[str, ...]
    """The lines that cannot be translated, each with its place."""

    @classmethod
    def read(cls, files: Mapping[str, str]) -> Redirections:
        """From `.htaccess` files by their paths. The same redirection in two of them counts once."""
        rules: dict[str, None] = {}
        left = []
        for path, text in files.items():
            for number, line, is_conditional in _lines(text):
                try:
                    if (rule := _rule(line)) is None:
                        continue
                    if is_conditional:
                        raise _UntranslatableError
                    rules[rule] = None
                except _UntranslatableError:
                    left.append(f"{path}:{number}: {line}")
        return cls(rules=tuple(rules), left=tuple(left))

    def configuration(self) -> str:
        """A file that nginx includes in its server block."""
        return "".join(f"{line}\n" for line in ("# From the shop's .htaccess.", *self.rules))


class _UntranslatableError(Exception):
    """A line redirects, and nginx has no rule that certainly does the same."""


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each line with its number, and whether it only counts under a condition."""
    sections: list[bool] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if section := _SECTION.fullmatch(line):
            is_end, name, argument = section.groups()
            if not is_end:
                sections.append(name.lower() != "ifmodule" or argument.startswith("!"))
            elif sections:
                sections.pop()
        else:
            yield number, line, any(sections)


def _rule(line: str) -> str | None:
    """A line as a rule of nginx. None if it redirects nobody."""
    found = _DIRECTIVE.fullmatch(line)
    if found is None or line == _STOCK:
        return None
    directive = found[1].lower()
    words = [bare or quoted.replace('\\"', '"') for quoted, bare in _WORD.findall(found[2])]
    if directive == "rewriterule":
        if _leads_elsewhere(words):
            raise _UntranslatableError
        return None
    status = {"redirectpermanent": "301", "redirecttemp": "302"}.get(directive)
    if status is None:
        status = words.pop(0).lower() if _STATUS.fullmatch(words[0]) else "302"
    if status not in _FLAGS or len(words) != 2:
        raise _UntranslatableError
    old, new = words
    pattern = old if directive == "redirectmatch" else _prefix(old)
    if directive != "redirectmatch":
        if "$" in new:
            raise _UntranslatableError
        new += "$1"
    _check(pattern, new)
    # Without a host, nginx would add http and its own port; and "/" for "/old" would make //client.net of
    # /old/client.net, which is another host.
    origin = "https://$http_host" if new.startswith("/") else ""
    # A query in the new address takes the place of the request's, which nginx would append.
    end = "?" if "?" in new else ""
    return f"rewrite {_quoted(pattern)} {_quoted(origin + new + end)} {_FLAGS[status]};"


def _leads_elsewhere(words: Sequence[str]) -> bool:
    """Whether a `RewriteRule` redirects. Magento's own stay on the host, or refuse a method (`R=405`)."""
    _, target, flags = (*words, "", "", "")[:3]
    return bool(re.match(r"https?://", target) or re.search(r"\bR(=(3\d\d|permanent|temp))?(?=[,\]])", flags, re.I))


def _prefix(path: str) -> str:
    """A path and all below it, and the rest as the first group."""
    return f"^{re.escape(path)}(.*)$" if path.endswith("/") else f"^{re.escape(path)}(/.*)?$"


def _check(pattern: str, new: str) -> None:
    """Refuse what nginx would understand in another way, and what would take a host's health check away."""
    try:
        takes_health_check = any(re.search(pattern, path) for path in _HEALTH_CHECKS)
    except re.error:
        raise _UntranslatableError from None
    is_plain = re.fullmatch(r"(?:/|https?://)(?:[^$%\\\"#{};\s]|%[0-9A-Fa-f]{2}|\$[1-9])*", new)
    if takes_health_check or is_plain is None:
        raise _UntranslatableError


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
