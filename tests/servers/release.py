"""Bundles as the release tool merges them, and the properties of the environments that they are deployed to."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

PLATFORM_CONFIG = Path(__file__).resolve().parents[2] / "platform_config"
SATELLITES = ("pim", "custom-connection", "mirakl-cashout")


def hooks_of(layer: str) -> list[str]:
    """Its hooks of deployments, as paths below ``.platform``."""
    platform = PLATFORM_CONFIG / layer / ".platform"
    return sorted(str(path.relative_to(platform)) for path in platform.glob("hooks/*/*"))


def satellite_bundle(directory: Path, satellite: str) -> Path:
    """An application that is not there but for a file, and the satellite's layers over it."""
    write(directory / "public/index.php", "<?php\n")
    write(directory / "bin/console", "<?php\n")
    for layer in ("satellite", satellite):
        shutil.copytree(PLATFORM_CONFIG / layer, directory, dirs_exist_ok=True)
    return directory


def magento_bundle(directory: Path, release: str, *, configuration_version: str = "v1") -> Path:
    """The few files of Magento that hooks come upon, its layer over them, and what a release is called."""
    for path, content in {
        "pub/index.php": "<?php\n",
        "pub/media/.htaccess": "deny\n",
        "pub/media/import/.htaccess": "deny\n",
        "pub/static/deployed_version.txt": f"{release}\n",
        "pub/static/frontend/app.js": f"the script of {release}\n",
        "bin/magento": "<?php echo implode(' ', array_slice($argv, 1)), ' ', getenv('MAGE_MODE'), \"\\n\";\n",
    }.items():
        write(directory / path, content)
    shutil.copytree(PLATFORM_CONFIG / "magento", directory, dirs_exist_ok=True)
    write(
        directory / ".platform/release.env", f"RELEASE={release}\nSITE_CONFIGURATION_VERSION={configuration_version}\n"
    )
    return directory


def write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


SHARES: Mapping[str, str] = {
    "client-media": "pub/media",
    "magento-statics": "pub/static",
    "magento-sitemap": "sitemap",
    "magento-client": "client",
}
MAGENTO: Mapping[str, str] = {
    "MAGENTO_CONFIGURATION": "s3://configuration/prod/env.php",
    "MAGENTO_NFS_SERVER": "nfs.internal-client.url",
    "MAGENTO_NFS_SHARES": " ".join(f"/srv/{name}:{path}" for name, path in SHARES.items()),
}
DATABASE: Mapping[str, str] = {
    "DATABASE_HOST": "shared.internal",
    "DATABASE_PORT": "3306",
    "DATABASE_NAME": "satellites",
    "DATABASE_USER": "satellites",
    "DATABASE_PASSWORD": "correct-horse",
}
MIRAKL: Mapping[str, str] = {
    name: f"the {name.lower()}"
    for name in (
        *("MIRAKL_FRONT_KEY", "MIRAKL_OPERATOR_KEY", "MIRAKL_URL"),
        *("HIPAY_LOGIN", "HIPAY_PASSWORD", "HIPAY_SOAP_URL", "HIPAY_REST_URL", "HIPAY_ENTITY", "HIPAY_MERCHANT_GROUP"),
        *("HIPAY_TECHNICAL_EMAIL", "HIPAY_TECHNICAL_ID", "HIPAY_OPERATOR_EMAIL", "HIPAY_OPERATOR_ID"),
        *("MAIL_HOST", "MAIL_PORT", "MAIL_USER", "MAIL_PASSWORD", "MAIL_TO", "MAIL_FROM"),
    )
}
FTP: Mapping[str, str] = {
    "FTP_USER": "connection",
    "FTP_SECRET": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:ftp-AbCdEf",
    "FTP_PASSIVE_ADDRESS": "192.0.2.20",
    "FTP_FIRST_PASSIVE_PORT": "5000",
    "FTP_LAST_PASSIVE_PORT": "5099",
}
