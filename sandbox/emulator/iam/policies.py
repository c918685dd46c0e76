"""AWS's managed policies, each made when a request first names it; and how much of policies a role may have.

moto can only make all of AWS's policies, which takes about 2 s and 100 MB in every account. ``ListPolicies`` therefore
lists only those that were named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, PolicyVersion

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import patch

MANAGED_CHARACTERS = 6_144
"""Of a managed policy, without white space ("IAM and AWS STS quotas"). Cannot be raised."""
INLINE_CHARACTERS = 10_240
"""Of all inline policies of a role together, without white space (the same page). Cannot be raised."""
POLICIES_OF_A_ROLE = 10
"""The managed policies that are attached to a role (the same page). AWS raises it on request, up to 25."""
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
    "attach_user_policy": "d7aad2446e1a923bf95d36fde97fe927ecaf101588c85c501de4578b3bbca42c",
    "attach_group_policy": "e60b0b131d3d4008b7e468593377aa26e37761f1b912c2f75bc5efb712cc938f",
    "get_policy": "64f460a977c580da64ef7262e7566e3c9f1db2698852dc03417c0391b6e5c0e5",
}
"""The methods whose first argument is a policy's ARN, with the hash of their source."""

for _method, _sha256 in _METHODS.items():
    patch(f"moto.iam.models:IAMBackend.{_method}", sha256=_sha256)(_naming_a_policy)


@patch(
    "moto.iam.models:IAMBackend.attach_role_policy",
    sha256="fa6871e01770545331c1eab44d25cc980e86303f31769dd53656866e0e88c54a",
    upstream="AttachRolePolicy attaches more than ten policies to a role, and counts one twice that is attached twice.",
)
def _attach_role_policy(original: Any, backend: IAMBackend, policy_arn: str, role_name: str) -> None:
    _ensure(backend, policy_arn)
    attached = backend.get_role(role_name).managed_policies
    if policy_arn in attached:
        return
    if len(attached) >= POLICIES_OF_A_ROLE:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {POLICIES_OF_A_ROLE}")
    original(backend, policy_arn, role_name)


@patch(
    "moto.iam.models:IAMBackend.put_role_policy",
    sha256="437a9c00c99f0fa9fa62ba629211e49c67d6dac0ea4d84ff13a8d0fdc77b2ccb",
    upstream="PutRolePolicy takes inline policies of any size instead of 10,240 characters for all of a role together.",
)
def _put_role_policy(original: Any, backend: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
    others = [text for name, text in backend.get_role(role_name).policies.items() if name != policy_name]
    if sum(map(_characters, [policy_json, *others])) > INLINE_CHARACTERS:
        raise AwsError(
            "LimitExceeded", f"Maximum policy size of {INLINE_CHARACTERS} bytes exceeded for role {role_name}"
        )
    original(backend, role_name, policy_name, policy_json)


@patch(
    "moto.iam.models:IAMBackend.create_policy",
    sha256="d363c1ba35e7c8adb1e0eb7d12c471c688e8fef4da571226d0bb416b3cd96819",
    upstream="CreatePolicy takes a document of any size instead of 6,144 characters.",
)
def _create_policy(
    original: Any,
    backend: IAMBackend,
    description: str,
    path: str,
    policy_document: str,
    policy_name: str,
    tags: list[dict[str, str]],
) -> ManagedPolicy:
    _require_managed_size(policy_document)
    return original(backend, description, path, policy_document, policy_name, tags)


@patch(
    "moto.iam.models:IAMBackend.create_policy_version",
    sha256="d047c1e7e58492591a67b114d4a41e325e112e5cdf3ca90d85b808cf6990e65c",
    upstream="CreatePolicyVersion takes a document of any size instead of 6,144 characters.",
)
def _create_policy_version(
    original: Any, backend: IAMBackend, policy_arn: str, policy_document: str, set_as_default: bool
) -> PolicyVersion:
    _require_managed_size(policy_document)
    return original(backend, policy_arn, policy_document, set_as_default)


@patch(
    "moto.iam.models:IAMBackend.delete_policy",
    sha256="7203201ce5840ef8494886b7f6e354af79b6feecd6b67b87c87769136881e4e0",
    upstream="DeletePolicy deletes a policy that is attached or has other versions instead of refusing it.",
)
def _delete_policy(original: Any, backend: IAMBackend, policy_arn: str) -> None:
    policy = backend.get_policy(policy_arn)
    if policy.attachment_count:
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise AwsError(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy.",
        )
    original(backend, policy_arn)


def _require_managed_size(document: str) -> None:
    if _characters(document) > MANAGED_CHARACTERS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED_CHARACTERS}")


def _characters(document: str) -> int:
    """IAM counts no white space."""
    return len("".join(document.split()))
