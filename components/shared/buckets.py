"""The private buckets that the stack file lists."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.shared.bucket import Bucket, BucketArgs
from components.shared.context import Context
from settings.bucket import BucketSettings, Purpose


@dataclass(frozen=True, kw_only=True)
class BucketsArgs:
    """The buckets to make."""

    context: Context
    buckets: tuple[BucketSettings, ...]


class Buckets(pulumi.ComponentResource):
    """A ``Bucket`` for each entry. Its name is known only when AWS's services may write to it."""

    def __init__(self, name: str, args: BucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:Buckets", name, {"buckets": [each.name for each in args.buckets]}, opts)
        self._names = [
            (
                each.purpose,
                Bucket(
                    f"{name}-{each.name}",
                    BucketArgs(
                        context=args.context,
                        purpose=each.purpose,
                        bucket_name=each.name,
                        expire_after_days=each.expire_after_days,
                    ),
                    opts=pulumi.ResourceOptions(parent=self),
                ).bucket_name,
            )
            for each in args.buckets
        ]
        self.register_outputs({"names": [name for _, name in self._names]})

    def name_for(self, purpose: Purpose) -> pulumi.Output[str]:
        """The name of the bucket with that purpose. Raises ``LookupError`` when there is none."""
        found = self.find(purpose)
        if found is None:
            raise LookupError(f"no bucket has the purpose {purpose}")
        return found

    def find(self, purpose: Purpose) -> pulumi.Output[str] | None:
        """The name of the bucket with that purpose, if there is one. Settings allow one a purpose, except temporary."""
        return next((name for each, name in self._names if each is purpose), None)
