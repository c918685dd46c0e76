"""What ``./shop release refresh`` may do with another stack, for the role of the stack that it refreshes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.shared.context import Context
from components.shared.iam import allow
from components.site.magento_platform import MagentoPlatform
from components.site.release_rights import Statement

_SCRUB = "scrub-copy"
_LONGEST = 63
"""Characters of an instance's name ("RestoreDBInstanceFromDBSnapshot"). The tool shortens the copy's the same way."""


@dataclass(frozen=True, kw_only=True)
class RefreshSource:
    """What of a stack the refresh of another one works on, by the names in AWS."""

    environment: str
    """The ``Environment`` tag."""
    stack_file: str
    """The ``s3://`` address of what the stack says of itself."""
    prefix: str
    """What the keys of its releases begin with, without a slash at its end."""
    application: str
    back_office: str
    """The Beanstalk environment whose instance scrubs the copy."""
    document: str
    """The SSM document that does it."""
    database: str
    """The identifier."""
    subnet_group: str
    parameter_group: str
    key_arn: str
    """The KMS key of the database and its snapshots."""

    @staticmethod
    def of_site(
        context: Context, site: MagentoPlatform, stack_file: pulumi.Input[str]
    ) -> Mapping[str, pulumi.Input[str]]:
        """What a stack says of its own site, under these names."""
        return {
            "environment": context.tags.environment,
            "stack_file": stack_file,
            "prefix": site.releases.application_name,
            "application": site.application.application_name,
            "back_office": site.back_office.environment_name,
            "document": site.release_documents.names[_SCRUB],
            "database": site.database.identifier,
            "subnet_group": site.database.subnet_group,
            "parameter_group": site.database.parameter_group,
            "key_arn": context.key_arn,
        }


@dataclass(frozen=True, kw_only=True)
class RefreshRights:
    """The rights of a role on the stack from which it refreshes its own, beside those of a release.

    It makes one snapshot and one copy, whose names say for whom they are, and touches no other. It reads no secret of
    that stack. But it writes the list of what is taken out of the copy, and reads what remains: with another list, that
    is all of the database.
    """

    region: str
    account_id: str
    client: str
    stack: str
    """The name of the stack that is refreshed."""
    bucket: str
    """The bucket for releases, of both stacks."""
    configuration_bucket: str
    prefix: str
    """What the keys of the stack that is refreshed begin with in that bucket."""
    source: RefreshSource

    @property
    def statements(self) -> tuple[Statement, ...]:
        """One for each thing that it reads, makes or removes."""
        source, objects = self.source, f"arn:aws:s3:::{self.bucket}"
        place = f"{objects}/{source.prefix}"
        a_list, dump, facts = (
            f"{place}/bundles/refresh-{self._label}.json",
            f"{place}/facts/refresh-{self._label}.gz",
            f"{place}/facts/refresh-{self._label}.json",
        )
        database, copy = self._rds("db", source.database), self._rds("db", self._copy)
        snapshot = self._rds("snapshot", f"{source.database}-before-refresh-of-{self._label}")
        return (
            # Who has its lock, whether a release is unfinished, and whether the running one can scrub a copy.
            allow(
                ("s3:GetObject",),
                *(f"{place}/{each}" for each in ("stack.json", "lock.json", "releases/*", "bundles/*")),
                f"arn:aws:s3:::{self.configuration_bucket}/{source.environment}/placeholders/*",
                dump,
                facts,
            ),
            allow(("s3:PutObject",), a_list),
            allow(("s3:DeleteObject",), a_list, dump, facts, f"{objects}/{self.prefix}/bundles/refresh.gz"),
            allow(
                (
                    "elasticbeanstalk:DescribeConfigurationSettings",
                    "elasticbeanstalk:DescribeEnvironmentResources",
                    "elasticbeanstalk:DescribeEnvironments",
                ),
                self._arn("elasticbeanstalk", f"environment/{source.application}/{source.back_office}"),
            ),
            allow(
                ("elasticbeanstalk:DescribeApplicationVersions",),
                self._arn("elasticbeanstalk", f"applicationversion/{source.application}/*"),
            ),
            allow(("ssm:SendCommand",), self._arn("ssm", f"document/{source.document}")),
            {
                **allow(("ssm:SendCommand",), self._arn("ec2", "instance/*")),
                "Condition": {
                    "StringEquals": {
                        "ssm:resourceTag/Client": self.client,
                        "ssm:resourceTag/Environment": source.environment,
                        "ssm:resourceTag/elasticbeanstalk:environment-name": source.back_office,
                    }
                },
            },
            allow(("rds:DescribeDBInstances",), database, copy),
            allow(("rds:CreateDBSnapshot",), database, snapshot),
            allow(("rds:AddTagsToResource",), copy, snapshot),
            allow(("rds:DeleteDBSnapshot", "rds:DescribeDBSnapshots"), snapshot),
            allow(
                ("rds:RestoreDBInstanceFromDBSnapshot",),
                copy,
                snapshot,
                self._rds("pg", source.parameter_group),
                self._rds("subgrp", source.subnet_group),
                # The copy keeps the options of the database, which has those that RDS gives to each version.
                self._rds("og", "default:mysql-*"),
            ),
            allow(("rds:DeleteDBInstance",), copy),
            {
                # RDS takes the key for the copy in the name of its caller ("AWS KMS key management"). The role itself
                # decrypts nothing with it.
                **allow(("kms:CreateGrant", "kms:DescribeKey"), source.key_arn),
                "Condition": {"StringEquals": {"kms:ViaService": f"rds.{self.region}.amazonaws.com"}},
            },
        )

    @property
    def _label(self) -> str:
        """The name of the stack as RDS and S3 take it."""
        return re.sub(r"[^a-z0-9]+", "-", self.stack.lower()).strip("-")

    @property
    def _copy(self) -> str:
        suffix = f"-for-{self._label}"
        return f"{self.source.database[: _LONGEST - len(suffix)].rstrip('-')}{suffix}"

    def _rds(self, kind: str, name: str) -> str:
        return self._arn("rds", f"{kind}:{name}")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"
