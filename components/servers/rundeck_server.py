"""The Rundeck server, whose jobs release the shop and look for what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.network.security_group import IngressRule
from components.servers import ansible, server_files
from components.servers.cloud_init import BootFile, CloudInit
from components.servers.data_volumes import DataVolume
from components.servers.server import Server, ServerArgs, ServerPlacement
from components.servers.server_configuration import ServerConfiguration
from components.shared.bucket import Bucket, BucketArgs
from components.shared.context import Context
from components.shared.secret import Secret, SecretArgs
from settings.bucket import Purpose
from settings.rundeck import HOST_NAME, RundeckSettings

PORT = 4440
_PREPARED = "/etc/boot-platform"
_ROOT_COMMANDS, _USER_COMMANDS = "/usr/local/sbin", "/usr/local/bin"
_RELEASE_GROUPS = ("Releases", "Diagnosis")
"""The groups of jobs that people who may only release may run. The job that refreshes is in none of them."""


@dataclass(frozen=True, kw_only=True)
class RundeckServerArgs:
    """The settings of Rundeck, and its clients."""

    placement: ServerPlacement
    """A place in a private subnet."""
    rundeck: RundeckSettings
    clients: Mapping[str, pulumi.Input[str]]
    """The security groups that may open Rundeck, by name."""
    releases_bucket: pulumi.Input[str]
    """The bucket from which jobs fetch the release tool of a stack."""
    refreshed: tuple[str, ...] = ()
    """The environments that a job may refresh from this stack. Without one, there is no such job."""

    @property
    def url(self) -> str:
        """Rundeck's address in the internal domain."""
        return f"https://{HOST_NAME}.{self.placement.internal_domain}:{PORT}"


class RundeckServer(pulumi.ComponentResource):
    """Rundeck and Ansible inside the network. Rundeck's jobs and data are on a volume that outlives the instance.

    Produces the passwords of Rundeck's administrator, of a user who may only release and of its key storage with their
    secrets, a bucket through which Ansible hands files to other servers, and a ``Server``. The server may take the
    roles of the client's stacks that release, ``<client>-<environment>-releases``. By Session Manager it may become
    root on the client's Linux servers.
    """

    url: str
    instance_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    admin_secret_arn: pulumi.Output[str]
    """The secret with the password of ``admin``."""
    release_secret_arn: pulumi.Output[str]
    """The secret with the users who may only release, and their passwords."""

    def __init__(self, name: str, args: RundeckServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:servers:RundeckServer", name, {"version": args.rundeck.version}, opts)
        self._name, self._args = name, args
        self.url = args.url
        self.admin_secret_arn = self._password("admin", "The password of Rundeck's user admin")
        self.release_secret_arn = self._password(
            "release", "Users of Rundeck who may only release, and their passwords", field="release"
        )
        storage_secret_arn = self._password(
            "storage", "What Rundeck encrypts the keys and passwords with that it keeps"
        )
        bucket = Bucket(
            f"{name}-ansible",
            BucketArgs(
                context=args.placement.context,
                purpose=Purpose.TEMPORARY,
                expire_after_days=ansible.KEPT_DAYS,
                keep_older_versions_days=ansible.KEPT_DAYS,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        server = Server(
            f"{name}-server",
            ServerArgs(
                placement=args.placement,
                size=args.rundeck.size,
                ingress=tuple(
                    IngressRule(name=client, port=PORT, from_group=group, reason=f"Rundeck, for {client}")
                    for client, group in args.clients.items()
                ),
                boot=pulumi.Output.all(
                    admin_secret=self.admin_secret_arn,
                    release_secret=self.release_secret_arn,
                    storage_secret=storage_secret_arn,
                    releases_bucket=args.releases_bucket,
                ).apply(lambda known: boot(args, **known)),
                configuration=bucket.bucket_name.apply(lambda known: configuration(args, ansible_bucket=known)),
                volumes=(
                    DataVolume(
                        name="data",
                        size_gib=args.rundeck.data_volume_gib,
                        mount_point="/var/lib/rundeck",
                        snapshot_id=args.rundeck.data_snapshot_id,
                    ),
                ),
                host_name=HOST_NAME,
                statements=(
                    {
                        "Effect": "Allow",
                        "Action": ["secretsmanager:GetSecretValue"],
                        "Resource": [self.admin_secret_arn, self.release_secret_arn, storage_secret_arn],
                    },
                    *ansible.may_reach_servers(args.placement.context, bucket.arn),
                    {
                        "Effect": "Allow",
                        "Action": ["sts:AssumeRole"],
                        "Resource": [self._release_roles(args.placement.context)],
                    },
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.instance_id = server.instance_id
        self.security_group_id = server.security_group_id
        self.register_outputs(
            {
                "url": self.url,
                "instance_id": self.instance_id,
                "admin_secret_arn": self.admin_secret_arn,
                "release_secret_arn": self.release_secret_arn,
            }
        )

    @staticmethod
    def _release_roles(context: Context) -> pulumi.Output[str]:
        """The roles of this client's stacks. Each says itself who may take it."""
        return pulumi.Output.concat("arn:aws:iam::", context.account_id, f":role/{context.tags.client}-*-releases")

    def _password(self, label: str, description: str, field: str = "password") -> pulumi.Output[str]:
        placement = self._args.placement
        password = random.RandomPassword(
            f"{self._name}-{label}-password",
            length=40,
            # In Rundeck's file of users, a comma ends the password.
            special=False,
            opts=pulumi.ResourceOptions(parent=self, protect=placement.context.protect),
        )
        return Secret(
            f"{self._name}-{label}",
            SecretArgs(
                description=description,
                value={field: password.result},
                context=placement.context,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        ).arn


def boot(
    args: RundeckServerArgs,
    *,
    admin_secret: str,
    release_secret: str,
    storage_secret: str,
    releases_bucket: str,
) -> CloudInit:
    """The packages, files and scripts of the server. It gets the ARNs of its secrets, and reads them with its role."""
    tags, region = args.placement.context.tags, args.placement.context.region

    def prepared(name: str, **values: object) -> BootFile:
        template = f"rundeck/{name}.j2"
        content = server_files.render(template, **values) if values else server_files.read(f"rundeck/{name}")
        return BootFile(path=f"{_PREPARED}/{name}", content=content)

    def script(name: str) -> BootFile:
        return BootFile(path=f"{_ROOT_COMMANDS}/{name}", content=server_files.read(f"rundeck/{name}"), mode="0700")

    def command(name: str, file: str) -> BootFile:
        return BootFile(path=f"{_USER_COMMANDS}/{name}", content=server_files.read(f"rundeck/{file}"), mode="0755")

    def unit(name: str) -> BootFile:
        return BootFile(path=f"/etc/systemd/system/{name}", content=server_files.read(f"rundeck/{name}"))

    return CloudInit(
        packages=server_files.packages("rundeck"),
        services=server_files.services("rundeck"),
        log_files=(
            "/var/log/rundeck/service.log",
            "/var/log/rundeck/rundeck.audit.log",
            "/var/log/nginx/access.log",
            "/var/log/nginx/error.log",
        ),
        files=(
            prepared(
                "rundeck.env",
                region=region,
                admin_secret=admin_secret,
                release_secret=release_secret,
                storage_secret=storage_secret,
                version=args.rundeck.version,
                url=args.url,
                project=_project(args),
                client=tags.client,
                releases_bucket=releases_bucket,
            ),
            prepared("rundeck.sources"),
            prepared("rundeck-config.properties", url=args.url),
            prepared("https.conf"),
            unit("rundeck-certificate.service"),
            unit("rundeck-certificate.timer"),
            BootFile(
                path="/etc/apt/apt.conf.d/53rundeck-updates", content=server_files.read("rundeck/rundeck.updates.conf")
            ),
            BootFile(
                path="/etc/apt/preferences.d/rundeck",
                content=server_files.render("rundeck/rundeck.preferences.j2", version=args.rundeck.version),
            ),
            BootFile(path="/etc/logrotate.d/rundeck-service", content=server_files.read("rundeck/logrotate.conf")),
            BootFile(path="/etc/default/rundeckd", content=server_files.read("rundeck/rundeckd.defaults")),
            BootFile(
                path="/etc/systemd/system/rundeckd.service.d/platform.conf",
                content=server_files.read("rundeck/service.conf"),
            ),
            command("shop-release", "shop_release.sh"),
            command("make_certificate.sh", "make_certificate.sh"),
            script("install_rundeck.sh"),
            script("install_session_manager_plugin.sh"),
            script("keep_database.sh"),
            script("configure_rundeck.sh"),
            script("serve_https.sh"),
            script("load_jobs.sh"),
            script("apply_jobs.sh"),
        ),
        scripts=tuple(
            f"{_ROOT_COMMANDS}/{name}.sh"
            for name in (
                "install_rundeck",
                "install_session_manager_plugin",
                "configure_rundeck",
                "serve_https",
                "load_jobs",
            )
        ),
        apply=f"{_ROOT_COMMANDS}/apply_jobs.sh",
    )


def configuration(args: RundeckServerArgs, *, ansible_bucket: str) -> ServerConfiguration:
    """The jobs, who may run them, and Ansible's files, which a running server takes over."""
    tags, region = args.placement.context.tags, args.placement.context.region
    acl = server_files.render("rundeck/release.aclpolicy.j2", project=_project(args), groups=_RELEASE_GROUPS)
    jobs = server_files.read("rundeck/rundeck-jobs.yaml")
    if args.refreshed:
        jobs += server_files.render("rundeck/refresh-job.yaml.j2", environments=args.refreshed)
    return ServerConfiguration(
        files=(
            BootFile(path=f"{_PREPARED}/rundeck-jobs.yaml", content=jobs),
            BootFile(path=f"{_PREPARED}/release.aclpolicy", content=acl),
            *ansible.files(region=region, client=tags.client, bucket=ansible_bucket),
        )
    )


def _project(args: RundeckServerArgs) -> str:
    return f"{args.placement.context.tags.client}-magento"
