"""Where the files of the imported certificate are."""

from __future__ import annotations

from pydantic import Field

from settings.section import Section
from settings.text import Wildcard


class CertificateSettings(Section):
    """The PEM files of the wildcard certificate. Keep them out of git."""

    domain: Wildcard
    """The wildcard that the certificate must cover, besides every host name of the site."""
    directory: str = "certificates"
    """The directory of the files, relative to the project. The variable `MAGENTO_CERTIFICATE_DIR` overrides it."""
    certificate_file: str = Field(min_length=1)
    """The file of the certificate, in PEM."""
    private_key_file: str = Field(min_length=1)
    """The file of its private key, in PEM and without a passphrase."""
    chain_file: str | None = None
    """The file of the certificate authority's chain, in PEM."""
