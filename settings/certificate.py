"""Where the files of the imported certificate are."""

from __future__ import annotations

from settings.section import Section
from settings.values import Text, Wildcard


class CertificateSettings(Section):
    """The wildcard certificate that you bought, as PEM files. Keep them out of git. A stack with a network of its own
    needs it.

    The certificate must be valid, and cover `domain`, every name in `site.host_names` and in `content_delivery`, and
    every `https_host_name`. Its key is RSA with 2048, 3072 or 4096 bits or of the curve P-256, since CloudFront takes
    no other.
    """

    domain: Wildcard
    """The wildcard that the certificate must cover. It does not cover the bare domain, so the certificate must also
    name `client.url` if that is a host name of the site."""
    directory: Text = "certificates"
    """The directory of the files, relative to the project. The environment variable `MAGENTO_CERTIFICATE_DIR` overrides
    it."""
    certificate_file: Text
    """The file of the certificate, such as `client.url.crt`. It may hold the chain too (`fullchain.pem`)."""
    private_key_file: Text
    """The file of its private key, without a passphrase, such as `client.url.key`."""
    chain_file: Text | None = None
    """The file of the authority's certificates, which sellers call chain, bundle or intermediate. A certificate that
    did not sign itself needs them, here or in `certificate_file`, in any order."""
