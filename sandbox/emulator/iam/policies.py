"""AWS's managed policies, each made when a request first names it.

moto can only make all of them, which takes about 2 s and 100 MB in every account. ``ListPolicies`` therefore lists only
those that were named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from sandbox.emulator.patching import patch

_AWS_POLICY_ARN = re.compile(r"arn:aws[\w-]*:iam::aws:policy/(?:.+/)?(?P<name>[^/]+)")


def _ensure(backend: IAMBackend, policy_arn: str) -> None:
    """Make AWS's managed policy of this ARN, if AWS has it and it is not there yet."""
    arn = _AWS_POLICY_ARN.fullmatch(policy_arn)
    if arn is None or policy_arn in backend.managed_policies:
        return
    # The text has one top-level member per policy, indented by one space: decode only that member.
    key = f'\n "{arn["name"]}":'
    start = aws_managed_policies_data.find(key)
    if start < 0:
        return
    data, _ = json.JSONDecoder().raw_decode(aws_managed_policies_data, start + len(key))
    policy = AWSManagedPolicy.from_data(arn["name"], backend.account_id, backend.region_name, data)
    if policy.arn == policy_arn:  # the path, such as /service-role/, must be right too
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


def _naming_a_policy(original: Callable[..., Any], backend: IAMBackend, policy_arn: str, *others: str) -> Any:
    _ensure(backend, policy_arn)
    return original(backend, policy_arn, *others)


_METHODS = {
    "attach_role_policy": "fa6871e01770545331c1eab44d25cc980e86303f31769dd53656866e0e88c54a",
    "attach_user_policy": "d7aad2446e1a923bf95d36fde97fe927ecaf101588c85c501de4578b3bbca42c",
    "attach_group_policy": "e60b0b131d3d4008b7e468593377aa26e37761f1b912c2f75bc5efb712cc938f",
    "get_policy": "64f460a977c580da64ef7262e7566e3c9f1db2698852dc03417c0391b6e5c0e5",
}
"""The methods whose first argument is a policy's ARN, with the hash of their source."""

for _method, _sha256 in _METHODS.items():
    patch(f"moto.iam.models:IAMBackend.{_method}", sha256=_sha256)(_naming_a_policy)
