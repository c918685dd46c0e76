"""The one thing that the sandbox reads from the stack files: which certificate a stack imports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from commands import stack_yaml
from commands.errors import CannotRunError

STACKS = ("prod", "preprod")
"""In the order in which they can be brought up: preprod lives in prod's network."""


@dataclass(frozen=True, kw_only=True)
class ImportedCertificate:
    """A certificate that a stack imports, with its file names inside the certificate directory."""

    domain: str
    certificate: str
    private_key: str
    chain: str | None = None


def certificate_files(stack_file: Path) -> ImportedCertificate | None:
    """The certificate that the stack imports; none when the stack uses another stack's.

    Raises `CannotRunError` when the file is missing or not YAML. The program's settings report every other error.
    """
    stack_yaml.require(stack_file)
    try:
        document = yaml.safe_load(stack_file.read_bytes())
    except FileNotFoundError:
        raise CannotRunError(f"{stack_file.name}: got no file, expected the stack's configuration.") from None
    except yaml.YAMLError:
        return None  # A value that PyYAML does not take. The program says what it thinks of it.
    match document:
        case {
            "config": {
                "magento:certificate": {
                    "domain": str(domain),
                    "certificate_file": str(certificate),
                    "private_key_file": str(private_key),
                    **others,
                }
            }
        }:
            chain = others.get("chain_file")
            return ImportedCertificate(
                domain=domain.removeprefix("*."),
                certificate=certificate,
                private_key=private_key,
                chain=chain if isinstance(chain, str) else None,
            )
    return None
