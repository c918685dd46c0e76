"""Backup plans: a change makes a new version, and deletion frees the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import BackupBackend, Plan
from moto.backup.responses import BackupResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.patching import operation, patch
from sandbox.emulator.schedules import is_cron


class VersionedPlan(Plan):
    """A plan with its selections, by their ids."""

    def __init__(self, backup_plan: dict[str, Any], creator_request_id: str | None, backend: BackupBackend) -> None:
        super().__init__(backup_plan, creator_request_id, backend)
        self.selections: dict[str, dict[str, Any]] = {}

    def change(self, backup_plan: dict[str, Any], backend: BackupBackend) -> None:
        """Make another document the next version."""
        following = Plan(backup_plan, self.creator_request_id, backend)
        self.version_id = following.version_id
        self.backup_plan = following.backup_plan
        self.advanced_backup_settings = following.advanced_backup_settings


def live_plan(response: BackupResponse, plan_id: str) -> VersionedPlan:
    """The plan with this id. Raises AWS's error if there is none, or if it is deleted."""
    plan = response.backup_backend.plans.get(plan_id)
    if plan is None or plan.deletion_date is not None:
        raise ResourceNotFoundException(msg=f"Cannot find Backup plan with ID: {plan_id}")
    return plan


@operation(BackupResponse)
def create_backup_plan(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    """Refuse a second plan with the same document. moto compares names, also those of deleted plans."""
    backend = response.backup_backend
    _check_rules(parameters["BackupPlan"]["Rules"])
    plan = VersionedPlan(parameters["BackupPlan"], parameters.get("CreatorRequestId"), backend)
    if any(each.deletion_date is None and _document(each) == _document(plan) for each in backend.plans.values()):
        raise AwsError("AlreadyExistsException", "Backup plan with the same plan document already exists")
    backend.plans[plan.backup_plan_id] = plan
    if parameters.get("BackupPlanTags"):
        backend.tag_resource(plan.backup_plan_arn, parameters["BackupPlanTags"])
    return plan.to_dict()


@operation(BackupResponse)
def update_backup_plan(response: BackupResponse, parameters: dict[str, Any]) -> dict[str, Any]:
    plan = live_plan(response, parameters["BackupPlanId"])
    _check_rules(parameters["BackupPlan"]["Rules"])
    plan.change(parameters["BackupPlan"], response.backup_backend)
    return plan.to_dict()


@patch(
    "moto.backup.models:BackupBackend.delete_backup_plan",
    sha256="fbbd77f66d7e480ba15b092576f7c248d61e6fb0aa3cc68596b6893901ed03cf",
)
def _delete_backup_plan(original: Any, backend: BackupBackend, backup_plan_id: str) -> Any:
    plan = backend.plans.get(backup_plan_id)
    if plan is not None and plan.selections:
        raise AwsError(
            "InvalidRequestException", "Related backup plan selections must be deleted prior to backup plan deletion"
        )
    deleted = original(backend, backup_plan_id)
    backend.tagger.delete_all_tags_for_resource(backend.plans[backup_plan_id].backup_plan_arn)
    return deleted


def _document(plan: Plan) -> dict[str, Any]:
    """The document of the request, without the rule ids that AWS adds."""
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in plan.backup_plan["Rules"]]
    return {**plan.backup_plan, "Rules": rules}


def _check_rules(rules: Iterable[Mapping[str, Any]]) -> None:
    for rule in rules:
        schedule = rule.get("ScheduleExpression")
        if schedule is not None and not is_cron(schedule):
            raise AwsError("InvalidParameterValueException", f"Invalid schedule expression: {schedule}")
