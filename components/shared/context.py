"""What every component gets to know about its stack."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from components.shared.tags import Tags


@dataclass(frozen=True, kw_only=True)
class Context:
    """The region, account, key, protection and tags of a stack."""

    region: str
    """The name of the region, such as ``eu-west-3``."""
    account_id: pulumi.Input[str]
    """The 12 digits of the AWS account."""
    key_arn: pulumi.Input[str]
    """The KMS key that encrypts what components store."""
    protect: bool
    """Whether resources that hold data, and what they stand in, are protected from deletion."""
    tags: Tags
    final_snapshots: bool = True
    """Whether a database or a data volume that is deleted leaves a last snapshot."""

    def for_system(self, system: str) -> Context:
        """The same stack, for a component of another system, such as ``nfs``."""
        return replace(self, tags=self.tags.for_system(system))

    def inside(self, name: str) -> Context:
        """The same stack, for the children of the component ``name``: their ``Name`` tags leave that name out."""
        return replace(self, tags=self.tags.inside(name))
