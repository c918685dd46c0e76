"""Where the files of the imported certificate are."""

from __future__ import annotations

from settings.section import Section
from settings.values import Text, Wildcard


class CertificateSettings(Section):
    """The wildcard certificate that you bought, as PEM files. Keep them out of git. A stack with a network of its own
    needs it.

    The certificate must be valid, and cover `domain`, every name in `site.host_names` and every name in
    `content_delivery`.
    """

    domain: Wildcard
    """The wildcard that the certificate must cover. It does not cover the bare domain, so the certificate must also
    name `client.url` if that is a host name of the site."""
    directory: str = "certificates"
    """The directory of the files, relative to the project. The environment variable `MAGENTO_CERTIFICATE_DIR` overrides
    it."""
    certificate_file: Text
    """The file of the certificate, such as `client.url.crt`."""
    private_key_file: Text
    """The file of its private key, without a passphrase, such as `client.url.key`."""
    chain_file: str | None = None
    """The file of the certificate authority's chain. Without it, no chain is imported."""
