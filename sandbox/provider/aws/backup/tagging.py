"""Tags of anything in AWS Backup, which keeps them as a mapping, by ARN."""

from __future__ import annotations

from typing import Final

from sandbox.provider.aws.tags import Tagging

TAGGING: Final = Tagging(
    service="backup", by_arn=True, reading="list_tags", keys="TagKeyList", to_aws=dict, from_aws=dict
)
