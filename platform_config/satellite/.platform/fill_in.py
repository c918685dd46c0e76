"""Prints a template with each ``${NAME}`` replaced by the environment variable of that name.

Usage: fill_in.py TEMPLATE. Templates put values in single quotes, so that what would end them is refused, as is
a variable that is not set: a configuration that is wrong must stop the deploy, not start the application.
Runs with Amazon Linux 2023's own Python, which is 3.9.
"""

import os
import string
import sys
from pathlib import Path


class _Environment:
    def __getitem__(self, name: str) -> str:
        value = os.environ.get(name)
        if value is None:
            sys.exit(f"{sys.argv[1]}: the variable {name} is not set")
        if any(character in value for character in "'\\\n"):
            sys.exit(f"{sys.argv[1]}: the value of {name} holds a quote, a backslash or a line break")
        return value


if __name__ == "__main__":
    template = string.Template(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(template.substitute(_Environment()))  # type: ignore[arg-type]  # it only asks for items
