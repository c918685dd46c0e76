"""Prints a template with each ``${NAME}`` replaced by the environment variable of that name.

Usage: fill_in.py TEMPLATE. Templates put ``${NAME}`` in quotes; the value is written so that it stays one value there,
whatever characters it has. How depends on the file:

- ``.env…``: in single quotes, as Symfony's Dotenv and shells read them
- ``.yml``, ``.yaml``, ``.json``: in double quotes, with JSON's escapes, which YAML has too
- other files: as it is; a quote, a backslash or a line break is refused

``${NAME:url}`` is the value percent-encoded, for a part of an address. A variable that is not set is refused: a wrong
configuration must stop the deploy, not start the application.
Runs with Amazon Linux 2023's own Python, which is 3.9.
"""

import json
import os
import string
import sys
from pathlib import Path
from urllib.parse import quote


class _Template(string.Template):
    braceidpattern = r"[_A-Za-z][_A-Za-z0-9]*(?::url)?"


class _Environment:
    def __init__(self, template: Path) -> None:
        self._template = template

    def __getitem__(self, placeholder: str) -> str:
        name, _, encoded = placeholder.partition(":")
        value = os.environ.get(name)
        if value is None:
            sys.exit(f"{self._template}: the variable {name} is not set")
        if encoded:
            return quote(value, safe="")
        if self._template.name.startswith(".env"):
            # The quotes end, a quote in quotes of the other kind follows, and they begin again.
            return value.replace("'", "'\"'\"'")
        if self._template.suffix in (".yml", ".yaml", ".json"):
            return json.dumps(value, ensure_ascii=False)[1:-1]
        if any(character in value for character in "'\"\\\r\n"):
            sys.exit(f"{self._template}: the value of {name} holds a quote, a backslash or a line break")
        return value


if __name__ == "__main__":
    path = Path(sys.argv[1])
    template = _Template(path.read_text(encoding="utf-8"))
    # It only asks for items.
    sys.stdout.write(template.substitute(_Environment(path)))  # type: ignore[arg-type]
