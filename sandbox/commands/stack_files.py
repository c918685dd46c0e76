"""What the sandbox itself must know of the tracked stack files: which certificate they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.commands.errors import SandboxError

STACKS = ("prod", "preprod")
"""In the order in which they can be brought up: preprod lives in prod's network."""


@dataclass(frozen=True, kw_only=True)
class CertificateFiles:
    """A certificate that a stack imports, with its file names inside the certificate directory."""

    domain: str
    certificate: str
    private_key: str


def certificate_files(stack_file: Path) -> CertificateFiles | None:
    """The certificate that the stack imports; none when it uses another stack's.

    Raises `SandboxError` when the file is no YAML. Anything else amiss in it is for the program's settings to report.
    """
    try:
        document = yaml.safe_load(stack_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SandboxError(f"{stack_file.name} is missing: each stack needs its configuration.") from None
    except yaml.YAMLError as error:
        raise SandboxError(f"{stack_file.name} is not valid YAML: {error}") from None
    match document:
        case {
            "config": {
                "magento:certificate": {
                    "domain": str(domain),
                    "certificate_file": str(certificate),
                    "private_key_file": str(private_key),
                }
            }
        }:
            return CertificateFiles(domain=domain.removeprefix("*."), certificate=certificate, private_key=private_key)
    return None
