"""Magento's configuration file, which a site's instances fetch at each deploy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.data import cache as valkey
from components.data import mysql_database as mysql
from components.data import search as opensearch
from components.shared.context import Context
from components.shared.iam import allow, document
from components.shared.php_array import PhpValue, php_file
from components.shared.secret import Secret, SecretArgs
from settings.content_delivery import ContentDeliverySettings

CERTIFICATES_OF_RDS = "/etc/pki/tls/certs/rds-global-bundle.pem"
"""The file into which a deploy puts RDS's certificate authorities ("Using SSL/TLS to encrypt a connection")."""


@dataclass(frozen=True, kw_only=True)
class SiteConfigurationArgs:
    """The bucket for the file, and its contents."""

    context: Context
    bucket_name: pulumi.Input[str]
    """The private bucket. The object's key is ``<environment>/env.php``."""
    back_office_path: str
    """The front name of Magento's admin."""
    document_root: str
    delivery: ContentDeliverySettings | None
    """The host names from which browsers fetch media and statics. Without it, the site serves them."""
    database: mysql.MySqlDatabase
    cache: valkey.Cache
    search: opensearch.Search


class SiteConfiguration(pulumi.ComponentResource):
    """Magento's ``env.php`` with the addresses and passwords of the site's data stores, encrypted with the stack's key.

    Produces Magento's crypt key, the secret with that key, and the object with the file.
    """

    uri: pulumi.Output[str]
    """The ``s3://`` address of the file."""

    def __init__(self, name: str, args: SiteConfigurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:site:SiteConfiguration", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._key_arn = args.context.key_arn
        # Without it, encrypted data in the database is lost. So it is protected like the database.
        crypt_key = random.RandomBytes(
            f"{name}-crypt-key", length=32, opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect)
        )
        # The prefix tells Magento that the key is 32 raw bytes (Magento 2.4.7 and later, "Encryption key").
        magento_key = crypt_key.base64.apply(lambda encoded: f"base64{encoded}")
        Secret(
            f"{name}-crypt",
            SecretArgs(
                description="Magento's crypt key: without it stored payment data is lost",
                value={"crypt_key": magento_key},
                context=args.context,
            ),
            opts=self._child,
        )
        database, cache, search = args.database, args.cache, args.search
        content = pulumi.Output.all(
            crypt_key=magento_key,
            database_host=database.address,
            database_password=database.password,
            cache_host=cache.address,
            cache_token=cache.token,
            search_host=search.address,
            search_password=search.password,
        ).apply(lambda known: php_file(_env(known, args)))
        key = f"{args.context.tags.environment}/env.php"
        stored = aws.s3.BucketObjectv2(
            f"{name}-env",
            bucket=args.bucket_name,
            key=key,
            content=content,
            content_type="application/x-httpd-php",
            server_side_encryption="aws:kms",
            kms_key_id=args.context.key_arn,
            tags=args.context.tags.named(name),
            opts=self._child,
        )
        self.uri = pulumi.Output.format("s3://{0}/{1}", stored.bucket, key)
        self._object_arn = pulumi.Output.format("arn:aws:s3:::{0}/{1}", stored.bucket, key)
        self.register_outputs({"uri": self.uri})

    def grant_read_to(self, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> aws.iam.RolePolicy:
        """Let ``role`` fetch and decrypt this object, and no other object of the bucket."""
        return aws.iam.RolePolicy(
            f"{name}-reads-configuration",
            role=role.name,
            policy=pulumi.Output.all(self._object_arn, self._key_arn).apply(
                lambda arns: document(allow(["s3:GetObject"], arns[0]), allow(["kms:Decrypt"], arns[1]))
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )


def _env(known: Mapping[str, str], args: SiteConfigurationArgs) -> dict[str, PhpValue]:
    """``env.php`` as data (Adobe, "env.php reference")."""
    cache_server: dict[str, PhpValue] = {
        "server": f"tls://{known['cache_host']}",
        "port": str(valkey.PORT),
        "password": known["cache_token"],
    }
    return {
        "backend": {"frontName": args.back_office_path},
        "crypt": {"key": known["crypt_key"]},
        "db": {
            "table_prefix": "",
            "connection": {
                "default": {
                    "host": f"{known['database_host']}:{mysql.PORT}",
                    "dbname": args.database.database_name,
                    "username": args.database.username,
                    "password": known["database_password"],
                    "model": "mysql4",
                    "engine": "innodb",
                    "active": "1",
                    # 1009 is PDO::MYSQL_ATTR_SSL_CA, 1014 PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT.
                    "driver_options": {"1009": CERTIFICATES_OF_RDS, "1014": True},
                }
            },
        },
        "resource": {"default_setup": {"connection": "default"}},
        "x-frame-options": "SAMEORIGIN",
        "MAGE_MODE": "production",
        # Databases 0, 1 and 2 of one server, so that a flush of the caches leaves the sessions.
        "cache": {
            "frontend": {
                "default": {
                    "backend": "Magento\\Framework\\Cache\\Backend\\Redis",
                    "backend_options": {**cache_server, "database": "0"},
                },
                "page_cache": {
                    "backend": "Magento\\Framework\\Cache\\Backend\\Redis",
                    "backend_options": {**cache_server, "database": "1", "compress_data": "0"},
                },
            }
        },
        "session": {
            "save": "redis",
            "redis": {
                "host": f"tls://{known['cache_host']}",
                "port": str(valkey.PORT),
                "password": known["cache_token"],
                "database": "2",
                "disable_locking": "0",
            },
        },
        "lock": {"provider": "db"},
        "directories": {"document_root_is_pub": args.document_root.rstrip("/").endswith("/pub")},
        "system": {
            "default": {
                **_browser_addresses(args.delivery),
                "catalog": {
                    "search": {
                        "engine": "opensearch",
                        "opensearch_server_hostname": f"https://{known['search_host']}",
                        "opensearch_server_port": str(opensearch.PORT),
                        "opensearch_enable_auth": "1",
                        "opensearch_username": opensearch.USERNAME,
                        "opensearch_password": known["search_password"],
                    }
                },
            }
        },
    }


def _browser_addresses(delivery: ContentDeliverySettings | None) -> dict[str, PhpValue]:
    """Magento's ``web`` settings that send browsers to CloudFront. Without it, browsers use the site's address."""
    if delivery is None:
        return {}
    addresses: dict[str, PhpValue] = {
        "base_media_url": f"https://{delivery.media}/",
        "base_static_url": f"https://{delivery.static}/",
    }
    return {"web": {"secure": addresses, "unsecure": addresses}}
