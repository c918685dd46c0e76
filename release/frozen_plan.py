"""A plan as it is shown, kept and carried out: the same data for the terminal, for a reviewer and for the journal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from commands.errors import CannotRunError
from release.errors import RefusedError
from release.kinds import Candidate, Kind
from release.steps import Step

PLANS = "plans/"
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of the site's Beanstalk application: its label, and the release in its bundle."""

    label: str
    release: str
    bundle: str
    """The ``s3://`` address of the zip."""
    sha256: str = ""
    """Of the zip. Empty for a version that this tool did not register."""
    configuration_version: str = ""
    """The S3 version of ``env.php`` that it names."""


@dataclass(frozen=True, kw_only=True)
class FrozenPlan:
    """What is to be done, and what it was decided from."""

    release: str
    kind: Kind
    reasons: tuple[str, ...]
    """Why it is of that kind."""
    changes: tuple[str, ...]
    """What happens to the database."""
    copies: tuple[str, ...] = ()
    """Large tables that the database copies for that, with an estimate of the time."""
    against_return: tuple[str, ...]
    """What speaks against going back to the release before, with the database as this one leaves it."""
    to: Version
    previous: Version
    """What both environments run."""
    facts: str
    """A digest of what the candidate and the environments said. `deploy` refuses a plan whose facts are others."""
    steps: tuple[Step, ...]
    allowed: tuple[str, ...] = ()
    """Networks that the hold lets through, such as `203.0.113.4/32`."""
    admin_email: str = ""
    """Of Magento's first administrator, for a first release."""
    by: str
    """The ARN of whoever planned it."""
    at: str
    """When, as ISO 8601 in UTC."""
    point_in_time: str = ""
    """How near to that moment RDS could restore the database, in a sentence."""
    window: str = ""
    """What is expected to be held for how long, or that the back office is not, in a sentence."""
    window_seconds: float = 0.0

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, from all of it."""
        return sha256(self.to_bytes()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "steps": [step.to_json() for step in self.steps]}

    def to_bytes(self) -> bytes:
        return json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> FrozenPlan:
        """Raises ``RefusedError`` for one of another version of the tool, which has other fields, kinds or steps."""
        try:
            return cls(
                **{
                    **said,
                    "kind": Kind(said["kind"]),
                    "reasons": tuple(said["reasons"]),
                    "changes": tuple(said["changes"]),
                    "copies": tuple(said.get("copies", ())),
                    "allowed": tuple(said.get("allowed", ())),
                    "against_return": tuple(said["against_return"]),
                    "to": Version(**said["to"]),
                    "previous": Version(**said["previous"]),
                    "steps": tuple(Step.from_json(step) for step in said["steps"]),
                }
            )
        except (ValueError, TypeError, KeyError) as error:
            raise RefusedError(
                f"plan of release {said.get('release', '?')}, made {said.get('at', 'some day')}: got {error}, expected "
                "one of this version of the tool. Nothing was changed. Go on with the version that made it."
            ) from None

    def keep(self, s3: Any, bucket: str, prefix: str) -> None:
        """Write it to the bucket for releases, from where `deploy` reads it."""
        s3.put_object(
            Bucket=bucket, Key=f"{prefix}{PLANS}{self.id}.json", Body=self.to_bytes(), ContentType="application/json"
        )

    @classmethod
    def read(cls, s3: Any, bucket: str, prefix: str, plan_id: str) -> FrozenPlan:
        """A plan that was kept. Raises ``CannotRunError`` for an id of none, and for one that was changed since."""
        if not _ID.fullmatch(plan_id):
            raise CannotRunError(
                f"plan: got {plan_id!r}, expected the twelve digits that `./shop release plan` printed"
            )
        try:
            body = s3.get_object(Bucket=bucket, Key=f"{prefix}{PLANS}{plan_id}.json")["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise CannotRunError(f"plan: got {plan_id}, expected one that `./shop release plan` printed") from None
        plan = cls.from_json(json.loads(body))
        if plan.id != plan_id:
            raise CannotRunError(f"plan {plan_id}: it was changed after it was made. Plan again.")
        return plan


def digest_of(candidate: Candidate | None, *, to: Version, previous: Version, environments: Mapping[str, str]) -> str:
    """A digest of what a plan is decided from. A satellite has no candidate that is asked.

    All that the kind follows from. Of a table's rows, only whether they are many: InnoDB estimates them, and each time
    another way.
    """
    said: dict[str, Any] = {
        "to": asdict(to),
        "previous": asdict(previous),
        "environments": dict(environments),
    }
    if candidate is not None:
        said |= asdict(candidate) | {
            "database_status": candidate.database_status.exit_code,
            "configuration_status": candidate.configuration_status.exit_code,
        }
        for name, table in (candidate.tables or {}).items():
            said["tables"][name] = [table.is_large, said["tables"][name]["columns"]]
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
