"""Previews of prod, against what else plans and checks the same AWS resources: Terraform and checkov."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bench import terraform
from bench.figure import Figure, NotMeasured, Unit, ratio
from bench.previews import POLICIES, PREVIEW, untouched_stack
from bench.terraform import NoTerraformError, Terraform
from bench.timing import RUNS, Action, minima, seconds
from commands.errors import CannotRunError
from sandbox.tests.platform import Platform
from scanners import checkov
from scanners.programs import CHECKOV
from tests.unit.program import program

AGAINST_PLAN = 0.6
AGAINST_PLAN_AND_CHECKOV = 0.4

_PLAN = "preview of prod, against terraform plan"
_CHECKOV = "preview of prod with policies, against terraform plan and checkov"


def measure(platform: Platform) -> list[Figure | NotMeasured]:
    """Expects the embedded AWS to run."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            prod = terraform.initialise(Path(directory), platform.environment, program("prod").resources)
        except NoTerraformError as error:
            return [NotMeasured(name=name, why=str(error)) for name in (_PLAN, _CHECKOV)]
        # checkov reads this one. It also brings the provider into the page cache, as the sandbox's programs are by now.
        prod.plan()
        show_seconds = seconds(prod.show)
        actions: dict[str, Action] = {
            "preview": partial(platform.pulumi, *PREVIEW),
            "with policies": partial(platform.pulumi, *PREVIEW, *POLICIES),
            "plan": prod.plan,
        }
        missing = ""
        try:
            CHECKOV.find()
            actions["checkov"] = partial(checkov.report_on, prod.json_plan)
        except CannotRunError as error:
            missing = str(error)
        with untouched_stack(platform):
            took = minima(actions)
    if missing:
        return [_against_plan(took, prod), NotMeasured(name=_CHECKOV, why=missing)]
    return [_against_plan(took, prod), _against_checkov(took, show_seconds)]


def _against_plan(took: Mapping[str, float], prod: Terraform) -> Figure:
    left_out = ", ".join(f"{name} of {count}" for name, count in prod.configuration.left_out.items()) or "none"
    return Figure(
        name=_PLAN,
        measured=ratio(took["preview"], took["plan"]),
        aim=AGAINST_PLAN,
        unit=Unit.RATIO,
        basis=f"nothing deployed, {took['preview']:.2f} s with the sandbox's provider; `terraform plan` "
        f"{prod.version}, of the same {prod.configuration.resources} AWS resources with literal values and an empty "
        f"state, {took['plan']:.2f} s; what its provider does not have, and is left out of the plan: {left_out}; "
        f"shortest of {RUNS} each, in turn",
    )


def _against_checkov(took: Mapping[str, float], show_seconds: float) -> Figure:
    return Figure(
        name=_CHECKOV,
        measured=ratio(took["with policies"], took["plan"] + took["checkov"]),
        aim=AGAINST_PLAN_AND_CHECKOV,
        unit=Unit.RATIO,
        basis=f"{took['with policies']:.2f} s; the plan, {took['plan']:.2f} s, and checkov {CHECKOV.version} on it, "
        f"{took['checkov']:.2f} s; `terraform show -json`, which writes it for checkov in {show_seconds:.2f} s, does "
        f"not count; shortest of {RUNS} each, in turn",
    )
