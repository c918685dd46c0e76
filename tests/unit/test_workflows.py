"""The workflows are right by GitHub's rules, run nothing that can change under them, and may do no more than needed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from account.bootstrap import BootstrapSettings
from account.github_role import ENVIRONMENTS
from tests.unit.program import ROOT, stack_config

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^ *(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
WRITES = {
    ("policies.yml", "preview"): {"id-token", "pull-requests", "security-events"},
    ("policies.yml", "nightly"): {"id-token", "security-events"},
    ("release.yml", "plan"): {"id-token"},
    ("release.yml", "deploy"): {"id-token"},
}
OF_ROLES = {
    ("policies.yml", "preview"): "policies-preview",
    ("policies.yml", "nightly"): "policies-nightly",
    ("release.yml", "plan"): "release-plan-${{ inputs.stack }}",
    ("release.yml", "deploy"): "release-${{ inputs.stack }}",
}
"""The environments of the jobs that get a role of AWS."""
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from yaml.safe_load(path.read_text())["jobs"].items()


def test_they_are_what_github_takes() -> None:
    """Keys, expressions, the scripts of their steps, and each action's inputs."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["actionlint", *WORKFLOWS], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@every_workflow
def test_actions_are_pinned(path: Path) -> None:
    """To a commit, with its release beside it: a tag may be moved to other code, which would get the job's token."""
    used = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.match(line)] == []


@every_workflow
def test_a_job_may_do_what_it_must(path: Path) -> None:
    """Nothing for the workflow as a whole; each job names what it needs, and writes only what is listed here."""
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path):
        granted = job["permissions"]
        assert {scope for scope, access in granted.items() if access == "write"} == WRITES.get(
            (path.name, name), set()
        ), name
        assert set(granted.values()) <= {"read", "write"}, name


@every_workflow
def test_no_long_lived_key_of_aws_is_used(path: Path) -> None:
    """A job gets a role for as long as it runs; a fork's run gets none, nor any secret."""
    text = path.read_text()
    assert "aws-access-key-id" not in text.lower()
    assert "pull_request_target" not in text
    for name, job in jobs(path):
        # A run that is started by hand, or by the clock, is of the repository itself.
        if "id-token" in job["permissions"] and "pull_request:" in text and name != "nightly":
            assert "head.repo.full_name == github.repository" in job["if"]


@every_workflow
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    """What a pull request brings along runs after the checkout, and could read it from the git config."""
    for name, job in jobs(path):
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


@every_workflow
def test_a_role_of_aws_is_handed_out_by_an_environment_only(path: Path) -> None:
    """Its rules hold a run back: reviewers for code of any branch, the main branch for the rest. The secrets are the
    environment's."""
    for name, job in jobs(path):
        gets_role = "id-token" in job["permissions"]
        assert job.get("environment") == (OF_ROLES.get((path.name, name)) if gets_role else None)
        assert gets_role or "secrets." not in str(job)
    assert {each for (file, _), each in OF_ROLES.items() if file == "policies.yml"} == set(ENVIRONMENTS)


def test_the_backend_is_the_one_that_bootstrap_makes() -> None:
    text = (ROOT / ".github" / "workflows" / "policies.yml").read_text()
    assert BootstrapSettings(region="eu-west-3").backend in text


def test_the_files_of_the_certificate_are_those_of_the_stack_file() -> None:
    text = (ROOT / ".github" / "workflows" / "policies.yml").read_text()
    certificate = stack_config("prod")["magento:certificate"]
    wanted = {
        f"{certificate['directory']}/{certificate[key]}"
        for key in ("certificate_file", "private_key_file", "chain_file")
    }
    assert set(re.findall(r"> (certificates/\S+)", text)) == wanted


def test_what_ci_runs_is_there_to_be_run_by_hand() -> None:
    """Each step that is no action calls a script of the repository, or shows a file."""
    scripts = {".ci/run", ".ci/policies", ".ci/tell-github", ".ci/release"}
    called = {
        word
        for path in WORKFLOWS
        for _, job in jobs(path)
        for step in job["steps"]
        for word in step.get("run", "").split()
        if word.startswith(".ci/")
    }
    assert called == scripts
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


@pytest.mark.parametrize(
    ("tests", "code"),
    [("printf '\\0\\n== 3 passed in 1.00s ==\\n'", 0), ("echo '== 1 failed, 2 passed in 1.00s =='; exit 1", 1)],
    ids=["bytes that are no text", "a test fails"],
)
def test_ci_ends_with_the_counts_of_the_tests(tmp_path: Path, tests: str, code: int) -> None:
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    shutil.copy(ROOT / ".ci" / "run", script)
    make = tmp_path / "make"
    make.write_text(f"#!/bin/bash\n[[ $1 == lint ]] || {{ {tests}; }}\n")
    make.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    ran = subprocess.run([script], env={"PATH": path, "TMPDIR": str(tmp_path)}, capture_output=True, text=True)
    assert ran.returncode == code
    assert ran.stdout.splitlines()[-1].endswith(" passed in 1.00s ==")


@pytest.mark.parametrize("there", [None, "7"], ids=["first run", "later run"])
def test_one_comment_a_stack(tmp_path: Path, there: str | None) -> None:
    """A pull request's second run writes its report into the comment of the first."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "tell-github"
    script.write_text((ROOT / ".ci" / "tell-github").read_text())
    report = tmp_path / "policy-report" / "prod" / "policies.md"
    report.parent.mkdir(parents=True)
    report.write_text("<!-- policies of prod -->\n### Policies\n")
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\nif [ "$2" = --paginate ]; then echo {there or ""}; else echo "$@" >> calls; fi\n')
    gh.chmod(0o755)
    subprocess.run(
        ["bash", script, "comment", "5"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "client/shop"},
        check=True,
    )
    where = "PATCH repos/client/shop/issues/comments/7" if there else "POST repos/client/shop/issues/5/comments"
    call = f"api --method {where} -F body=@{report.relative_to(tmp_path)} --silent\n"
    assert (tmp_path / "calls").read_text() == call


RELEASE = {"STACK": "prod", "RELEASE": "2026-48", "APP": "", "PLAN": "0123456789ab"}


def test_a_release_is_planned_shown_and_approved_before_it_is_deployed() -> None:
    """By hand, for one release of a stack at a time, which no later run cancels."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    # YAML 1.1 takes the key `on` for true.
    assert set(workflow[True]) == {"workflow_dispatch"}
    assert workflow["concurrency"] == {"group": "release-${{ inputs.stack }}", "cancel-in-progress": False}
    deploy = workflow["jobs"]["deploy"]
    assert deploy["needs"] == "plan"
    assert deploy["env"]["PLAN"] == "${{ needs.plan.outputs.plan }}"
    credentials = next(each for each in deploy["steps"] if "configure-aws-credentials" in each.get("uses", ""))
    assert credentials["with"]["role-duration-seconds"] == deploy["timeout-minutes"] * 60


@pytest.fixture
def release_script(tmp_path: Path) -> Path:
    """The script with a `./shop` that writes down what it is told, and answers as `plan` does."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    script = tmp_path / ".ci" / "release"
    script.write_text((ROOT / ".ci" / "release").read_text())
    shop = tmp_path / "shop"
    shop.write_text(
        '#!/bin/sh\necho "$@" > told\necho "Release 2026-48 after r1: plain."\n'
        'echo "  ./shop release deploy -s prod --plan 0123456789ab --release 2026-48"\n'
    )
    shop.chmod(0o755)
    return script


def run_release(script: Path, word: str, **changed: str) -> subprocess.CompletedProcess[str]:
    files = {name: str(script.parent / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    return subprocess.run(
        ["bash", script, word],
        env={"PATH": os.environ["PATH"], **files, **RELEASE, **changed},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_plan_is_handed_on_and_shown(release_script: Path) -> None:
    ran = run_release(release_script, "plan", APP="pim")
    assert ran.returncode == 0, ran.stderr
    told = release_script.parent.parent / "told"
    nothing = "--accept none --allow none"
    assert told.read_text() == f"release plan --stack prod --uploaded 2026-48 --app pim {nothing}\n"
    assert (release_script.parent / "GITHUB_OUTPUT").read_text() == "plan=0123456789ab\n"
    assert "after r1: plain." in (release_script.parent / "GITHUB_STEP_SUMMARY").read_text()
    ran = run_release(release_script, "deploy")
    assert ran.returncode == 0, ran.stderr
    assert told.read_text() == (
        "release deploy --stack prod --plan 0123456789ab --release 2026-48 --accept none --notify\n"
    )


def test_what_is_accepted_and_who_is_let_through_is_handed_on(release_script: Path) -> None:
    """Reasons and addresses to the plan, and alarms to the deployment."""
    told = release_script.parent.parent / "told"
    codes, networks = "0a1b2c3d,4e5f6071", "203.0.113.4,198.51.100.0/28"
    assert run_release(release_script, "plan", ACCEPT=codes, ALLOW=networks).returncode == 0
    assert told.read_text().endswith(f" --accept {codes} --allow {networks}\n")
    assert run_release(release_script, "deploy", ACCEPT=codes, ACCEPT_ALARMS="0a1b2c3d").returncode == 0
    assert told.read_text().endswith(" --accept 0a1b2c3d --notify\n")


@pytest.mark.parametrize(
    "changed",
    [
        {"STACK": "--help"},
        {"RELEASE": "a b"},
        {"RELEASE": "$(id)"},
        {"APP": "-x"},
        {"PLAN": "0123"},
        *(
            {name: typed}
            for name in ("ACCEPT", "ACCEPT_ALARMS", "ALLOW")
            for typed in ("--hold", "none --hold", "alarm a", "none\nnone", ",", "0a1b2c3d4e")
        ),
    ],
    ids=str,
)
def test_what_was_typed_is_a_name(release_script: Path, changed: dict[str, str]) -> None:
    """Nobody's input becomes an option or a command."""
    ran = run_release(release_script, "deploy", **changed)
    assert ran.returncode == 2
    assert "expected" in ran.stderr
    assert not (release_script.parent.parent / "told").exists()
