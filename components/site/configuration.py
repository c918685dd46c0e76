"""Magento's configuration file, which a site's instances fetch at each deploy."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.cache import Cache
from components.data.mysql_database import MySqlDatabase
from components.data.search import Search
from components.shared.context import Context
from components.shared.iam import allow, document
from components.shared.php_array import php_file
from components.shared.secret import Secret, SecretArgs
from components.site.crypt_key import crypt_key_of, own_crypt_key
from components.site.env_php import EnvPhp, ValkeyConnection
from settings.content_delivery import ContentDeliverySettings
from settings.magento_versions import cache_backend
from settings.site import SiteSettings


@dataclass(frozen=True, kw_only=True)
class SiteConfigurationArgs:
    """The bucket for the file, and its contents."""

    context: Context
    bucket_name: pulumi.Input[str]
    """The private bucket. The object's key is ``<environment>/env.php``."""
    site: SiteSettings
    delivery: ContentDeliverySettings | None
    """The host names from which browsers fetch media and statics. Without it, the site serves them."""
    database: MySqlDatabase
    cache: Cache
    session_cache: Cache | None
    search: Search


class SiteConfiguration(pulumi.ComponentResource):
    """Magento's ``env.php`` with the addresses and passwords of the site's data stores, encrypted with the stack's key.

    Produces Magento's crypt key, unless the stack file names it, the secret with that key, and the object with the
    file. The bucket keeps the object's versions. A release names the version that its instances fetch, so that a
    changed file comes with a release.
    """

    uri: pulumi.Output[str]
    """The ``s3://`` address of the file."""
    version: pulumi.Output[str]
    """The id of the newest version of the object."""

    def __init__(self, name: str, args: SiteConfigurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:site:SiteConfiguration", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._key_arn = args.context.key_arn
        brought = args.site.crypt_key_secret
        crypt_key = crypt_key_of(brought) if brought else own_crypt_key(f"{name}-crypt-key", args.context, self)
        Secret(
            f"{name}-crypt",
            SecretArgs(
                description="Magento's crypt key: without it stored payment data is lost",
                value={"crypt_key": crypt_key},
                context=args.context,
            ),
            opts=self._child,
        )
        sessions = args.session_cache
        content = pulumi.Output.all(
            crypt_key=crypt_key,
            database_host=args.database.address,
            database_password=args.database.password,
            cache_host=args.cache.address,
            cache_token=args.cache.token,
            session_host=sessions.address if sessions else "",
            session_token=sessions.token if sessions else "",
            search_host=args.search.address,
            search_password=args.search.password,
        ).apply(lambda known: php_file(_env_php(known, args).data()))
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
        self.version = stored.version_id
        self._object_arn = pulumi.Output.format("arn:aws:s3:::{0}/{1}", stored.bucket, key)
        self.register_outputs({"uri": self.uri, "version": self.version})

    def grant_read_to(self, name: str, role: aws.iam.Role, parent: pulumi.Resource) -> aws.iam.RolePolicy:
        """Let ``role`` fetch and decrypt this object and its older versions, and no other object of the bucket."""
        return aws.iam.RolePolicy(
            f"{name}-reads-configuration",
            role=role.name,
            policy=pulumi.Output.all(self._object_arn, self._key_arn).apply(
                lambda arns: document(
                    allow(["s3:GetObject", "s3:GetObjectVersion"], arns[0]), allow(["kms:Decrypt"], arns[1])
                )
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )


def _env_php(known: dict[str, str], args: SiteConfigurationArgs) -> EnvPhp:
    site = args.site
    return EnvPhp(
        crypt_key=known["crypt_key"],
        back_office_path=site.back_office_path,
        cache_backend=cache_backend(site.magento_version),
        host_name=site.host_names[0],
        document_root=site.document_root,
        delivery=args.delivery,
        database_host=known["database_host"],
        database_name=args.database.database_name,
        database_user=args.database.username,
        database_password=known["database_password"],
        cache=ValkeyConnection(host=known["cache_host"], token=known["cache_token"]),
        session_cache=(
            ValkeyConnection(host=known["session_host"], token=known["session_token"]) if args.session_cache else None
        ),
        search_host=known["search_host"],
        search_password=known["search_password"],
    )
