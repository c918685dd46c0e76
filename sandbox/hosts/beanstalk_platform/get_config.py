"""``get-config``: what Beanstalk knows on the instance ("Platform script tools" in AWS's guide)."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from sandbox.hosts.beanstalk_platform.environment import SETTINGS

_SPECIFIC = {"PhpVersion": "8.2"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="get-config")
    parser.add_argument("--output", default="JSON", choices=["JSON"])
    commands = parser.add_subparsers(dest="command", required=True)
    options = commands.add_parser("optionsettings")
    options.add_argument("-n", "--namespace")
    options.add_argument("-o", "--option-name")
    for name in ("environment", "container", "platformconfig"):
        commands.add_parser(name).add_argument("-k", "--key")
    asked = parser.parse_args()
    found: Any = json.loads(SETTINGS.read_text())[asked.command]
    if asked.command == "optionsettings":
        keys = [key for key in (asked.namespace, asked.option_name) if key]
    else:
        keys = [asked.key] if asked.key else []
    if asked.command == "platformconfig":
        found = {**found, **_SPECIFIC} if keys else {"GeneralConfig": found, "PlatformSpecificConfig": _SPECIFIC}
    for key in keys:
        if key not in found:
            sys.exit(f"The key {key} does not exist")
        found = found[key]
    print(found if isinstance(found, str) else json.dumps(found, separators=(",", ":")))


if __name__ == "__main__":
    main()
