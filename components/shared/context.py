"""What every component is told of the stack that it is part of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from components.shared.tags import Tags


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where a component is, whose it is, and how its data is kept.

    ``region`` is the region's name, ``account_id`` the AWS account's 12 digits and ``key_arn`` the KMS key that
    encrypts what the component stores. ``protect`` keeps what holds data from being deleted.
    """

    region: str
    account_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags

    def for_system(self, system: str) -> Context:
        """The same stack, for a component of another system, such as ``nfs``."""
        return replace(self, tags=self.tags.for_system(system))

    def inside(self, name: str) -> Context:
        """The same stack, for the children of the component ``name``: their ``Name`` tags leave that name out."""
        return replace(self, tags=self.tags.inside(name))
