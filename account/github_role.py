"""The role by which GitHub's workflow checks the policies. It reads the state, decrypts secrets, and changes nothing.

A run gets the role only from one of ``ENVIRONMENTS``. GitHub hands out such a run's token after the environment's rules
are met: reviewers for pull requests, the main branch for the nightly check.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"
"""Source: "Configuring OpenID Connect in Amazon Web Services", GitHub Docs."""
ENVIRONMENTS = ("policies-preview", "policies-nightly")
REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class GitHubRole:
    """The role of one repository."""

    client: str
    account_id: str
    repository: str
    """``owner/name``."""
    bucket: str
    key_arn: str

    @staticmethod
    def name_for(client: str) -> str:
        return f"{client}-policies"

    @property
    def name(self) -> str:
        return self.name_for(self.client)

    def ensure(self, iam: Any) -> list[str]:
        """What was created. The trust and the rights of a role that exists are set again."""
        made = []
        provider = f"arn:aws:iam::{self.account_id}:oidc-provider/{ISSUER}"
        if provider not in [each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]:
            iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[_AUDIENCE])
            made.append(f"identity provider {ISSUER}")
        trust = json.dumps(self._trust(provider))
        try:
            iam.create_role(
                RoleName=self.name,
                AssumeRolePolicyDocument=trust,
                Description=f"Checks the policies of {self.repository}",
                Tags=[{"Key": "Client", "Value": self.client}],
            )
            made.append(f"role {self.name}")
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=trust)
        iam.put_role_policy(RoleName=self.name, PolicyName="preview", PolicyDocument=json.dumps(self._rights()))
        return made

    def _trust(self, provider: str) -> dict[str, Any]:
        subjects = [f"repo:{self.repository}:environment:{each}" for each in ENVIRONMENTS]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": provider},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{ISSUER}:aud": _AUDIENCE, f"{ISSUER}:sub": subjects}},
                }
            ],
        }

    def _rights(self) -> dict[str, Any]:
        """A preview takes no lock and writes no state. It asks AWS for images and platform versions."""
        bucket = f"arn:aws:s3:::{self.bucket}"
        allowed = {
            bucket: ["s3:ListBucket"],
            f"{bucket}/.pulumi/*": ["s3:GetObject"],
            self.key_arn: ["kms:Decrypt"],
            "*": ["ec2:DescribeImages", "elasticbeanstalk:ListAvailableSolutionStacks"],
        }
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": resource} for resource, actions in allowed.items()
            ],
        }
