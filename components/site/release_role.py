"""The role that Rundeck and CI release with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.beanstalk.environment import BeanstalkEnvironment
from components.data.mysql_database import MySqlDatabase
from components.delivery.content_delivery import ContentDelivery
from components.network.shared_platform_outputs import SharedPlatformOutputs
from components.shared.context import Context
from components.shared.iam import document
from components.site.magento_platform import MagentoPlatform
from components.site.refresh_rights import RefreshRights, RefreshSource
from components.site.release_rights import ReleaseRights
from settings.releases import GitHubReleaseSettings, ReleaseSettings

SYSTEM = "releases"
"""The ``System`` tag of the role, by which the policies know it."""
RUNDECK = "rundeck"
"""The ``System`` tag of the Rundeck server's own role."""
_ISSUER = "token.actions.githubusercontent.com"
_LONGEST_SESSION_SECONDS = 12 * 3600
"""The longest that IAM allows. A first snapshot takes up to six hours, a migration four."""


@dataclass(frozen=True, kw_only=True)
class ReleaseRoleArgs:
    """Who may take the role, and what it releases."""

    context: Context
    releases: ReleaseSettings
    shared: SharedPlatformOutputs
    site: MagentoPlatform
    satellites: Mapping[str, BeanstalkEnvironment] = field(default_factory=dict)
    """The environments of the satellites, by satellite."""
    databases: Mapping[str, MySqlDatabase] = field(default_factory=dict)
    """Those of which a release makes a snapshot: `site`, and `shared` if there are satellites."""
    content: ContentDelivery | None = None
    """CloudFront, whose origin a hold leaves open."""
    alarm_topic: pulumi.Input[str] | None = None
    """The topic that hears of a release that failed."""
    release_alarms: Mapping[str, object] | None = None
    """The names of the alarms that stop a release: of the site, and of each satellite."""


class ReleaseRole(pulumi.ComponentResource):
    """A role with the rights of ``./shop release`` on this stack, and no more.

    Produces the role, its policy, and ``stack.json`` beside the site's journals: what the tool must know of the stack
    where there is neither Pulumi nor its state. Whoever takes the role can release and hold the shop, and cannot change
    the stack.

    With ``refreshes_from`` it produces a second policy with the rights of ``./shop release refresh`` on that stack.
    Whoever takes the role can then read that stack's personal data: the role writes the list of what is taken out.
    """

    arn: pulumi.Output[str]
    stack_file: pulumi.Output[str]
    """The ``s3://`` address of ``stack.json``."""
    refreshes_from: Mapping[str, pulumi.Input[str]] | None = None
    """The stack from which the role may refresh this one: its name, and the address of its ``stack.json``."""
    refresh_source: Mapping[str, pulumi.Input[str]]
    """What another stack needs to know whose role refreshes from this one."""

    def __init__(self, name: str, args: ReleaseRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:site:ReleaseRole", name, {"rundeck": args.releases.rundeck}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.for_system(SYSTEM).tags
        role = aws.iam.Role(
            f"{name}-role",
            # Rundeck's jobs and GitHub's workflow name it.
            name=f"{tags.owner}-releases",
            description=f"Releases the shop of {tags.client}, {tags.environment}: ./shop release",
            assume_role_policy=pulumi.Output.from_input(args.context.account_id).apply(
                lambda account_id: _trust(args.releases, account_id, tags.client)
            ),
            max_session_duration=_LONGEST_SESSION_SECONDS,
            tags=tags.named(name),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        aws.iam.RolePolicy(f"{name}-rights", role=role.name, policy=_rights(args), opts=child)
        if args.releases.refreshes_from and (source := args.shared.refresh_source):
            self._allow_refresh(name, args, role, source)
            self.refreshes_from = {
                "stack": args.releases.refreshes_from,
                "stack_file": source.apply(lambda known: known["stack_file"]),
            }
        stack_file = aws.s3.BucketObjectv2(
            f"{name}-stack-file",
            bucket=args.site.releases.bucket_name,
            key=f"{args.site.releases.application_name}/stack.json",
            content=pulumi.Output.json_dumps(_facts(args, self.refreshes_from), sort_keys=True),
            content_type="application/json",
            tags=tags.named(f"{name}-stack-file"),
            opts=child,
        )
        self.arn = role.arn
        self.stack_file = pulumi.Output.concat("s3://", stack_file.bucket, "/", stack_file.key)
        self.refresh_source = RefreshSource.of_site(args.context, args.site, self.stack_file)
        self.register_outputs({"arn": self.arn, "stack_file": self.stack_file})

    def _allow_refresh(
        self, name: str, args: ReleaseRoleArgs, role: aws.iam.Role, source: pulumi.Output[Mapping[str, str]]
    ) -> None:
        """The rights of a refresh are a managed policy: all inline policies of a role together have at most 10,240
        characters, and a managed one has 6,144 of its own ("IAM and AWS STS quotas")."""
        child = pulumi.ResourceOptions(parent=self)
        tags = args.context.for_system(SYSTEM).tags
        policy = aws.iam.Policy(
            f"{name}-refresh-rights",
            description=f"Refreshes {tags.client}, {tags.environment}, from {args.releases.refreshes_from}",
            policy=_refresh_rights(args, source),
            tags=tags.named(f"{name}-refresh-rights"),
            opts=child,
        )
        aws.iam.RolePolicyAttachment(f"{name}-may-refresh", role=role.name, policy_arn=policy.arn, opts=child)


def _facts(args: ReleaseRoleArgs, refreshes_from: object) -> dict[str, object]:
    """The stack's outputs that the release tool reads, by their names. None is a secret."""
    site, databases = args.site, args.databases
    return {
        "stack": pulumi.get_stack(),
        "region": args.context.region,
        "outputs": {
            "admin_secret": site.first_administrator.arn,
            "alarm_topic": args.alarm_topic,
            "back_office_environment": site.back_office.environment_name,
            "beanstalk_application": site.application.application_name,
            "configuration_version": site.configuration.version,
            "content_origin": args.content.origin if args.content else None,
            "database_endpoint": databases["site"].endpoint,
            "front_environment": site.front.environment_name,
            "hold_rules": site.load_balancer.hold_rule_arns,
            "listener_rules": dict(site.listener_rules),
            "refreshes_from": refreshes_from,
            "release_alarms": args.release_alarms,
            "release_documents": site.release_documents.names,
            "release_log_group": site.release_documents.log_group_name,
            "releases": site.releases.uri,
            "satellite_environments": {name: each.environment_name for name, each in args.satellites.items()},
            "shared_database_endpoint": databases["shared"].endpoint if "shared" in databases else None,
        },
    }


def _rights(args: ReleaseRoleArgs) -> pulumi.Output[str]:
    site, shared, context = args.site, args.shared, args.context
    environments = (site.back_office, site.front, *args.satellites.values())
    known = pulumi.Output.all(
        account_id=context.account_id,
        bucket=shared.releases_bucket,
        configuration_bucket=shared.configuration_bucket,
        keys=[shared.releases_key_arn, context.key_arn],
        documents=list(site.release_documents.names.values()),
        environments=[each.arn for each in environments],
        databases=[each.identifier for each in args.databases.values()],
        hold_rules=site.load_balancer.hold_rule_arns,
        alarm_topic=args.alarm_topic or "",
    )

    def written(known: Mapping[str, Any]) -> str:
        lists = {name: tuple(known[name]) for name in ("documents", "environments", "databases")}
        return document(
            *ReleaseRights(
                region=context.region,
                client=context.tags.client,
                environment=context.tags.environment,
                prefix=site.releases.application_name,
                account_id=known["account_id"],
                bucket=known["bucket"],
                configuration_bucket=known["configuration_bucket"],
                keys=tuple(sorted(set(known["keys"]))),
                hold_rules=tuple(known["hold_rules"].values()),
                alarm_topic=known["alarm_topic"],
                has_additional_batch=site.back_office.has_additional_batch,
                **lists,
            ).statements
        )

    return known.apply(written)


def _refresh_rights(args: ReleaseRoleArgs, source: pulumi.Output[Mapping[str, str]]) -> pulumi.Output[str]:
    context, stack = args.context, pulumi.get_stack()
    known = pulumi.Output.all(
        account_id=context.account_id,
        bucket=args.shared.releases_bucket,
        configuration_bucket=args.shared.configuration_bucket,
        source=source,
    )

    def written(known: Mapping[str, Any]) -> str:
        return document(
            *RefreshRights(
                region=context.region,
                client=context.tags.client,
                stack=stack,
                prefix=args.site.releases.application_name,
                account_id=known["account_id"],
                bucket=known["bucket"],
                configuration_bucket=known["configuration_bucket"],
                source=RefreshSource(**known["source"]),
            ).statements
        )

    return known.apply(written)


def _trust(releases: ReleaseSettings, account_id: str, client: str) -> str:
    statements: list[dict[str, object]] = []
    if releases.rundeck:
        statements.append(
            {
                "Sid": "RundeckServer",
                "Effect": "Allow",
                # Of this account. Pre-production's role is taken by the server of production's stack: not by its name,
                # which AWS makes up, but by the tags that this project gives it.
                "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {
                        "aws:PrincipalTag/Client": client,
                        "aws:PrincipalTag/ManagedBy": "pulumi",
                        "aws:PrincipalTag/System": RUNDECK,
                    }
                },
            }
        )
    if releases.github is not None:
        statements.append(_trust_in_github(releases.github, account_id))
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _trust_in_github(github: GitHubReleaseSettings, account_id: str) -> dict[str, object]:
    """Only runs of the environments: GitHub hands their token out after the environment's rules are met ("Configuring
    OpenID Connect in Amazon Web Services")."""
    return {
        "Sid": "GitHubWorkflow",
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account_id}:oidc-provider/{_ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{_ISSUER}:aud": "sts.amazonaws.com",
                f"{_ISSUER}:sub": [f"repo:{github.repository}:environment:{each}" for each in github.environments],
            }
        },
    }
