"""The commands of the engine, step by step. The steps' names are those of eb-engine.log."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.hosts.beanstalk_platform import engine_log, environment, hooks, web_servers
from sandbox.hosts.beanstalk_platform.engine_log import StepError, info
from sandbox.hosts.beanstalk_platform.request import Request

STAGING = Path("/var/app/staging")
CURRENT = Path("/var/app/current")
WEB_ROOT = Path("/var/www/html")
BUNDLE = environment.DEPLOYMENT / "app_source_bundle"
_HOOKS = {"app-deploy": ("hooks", "AppDeploy"), "config-deploy": ("confighooks", "ConfigDeploy")}
_SAMPLE = """<!DOCTYPE html>
<title>Elastic Beanstalk's sample application</title>
<h1>Congratulations</h1>
<p>This stands in for the sample application of Elastic Beanstalk's PHP <?= PHP_VERSION ?> platform.</p>
"""


@dataclass(kw_only=True)
class Deployment:
    """One run of the engine."""

    request: Request
    properties: dict[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """0, or 1 when a step failed; eb-engine.log says which and why."""
        command = self.request.command
        for line in ("Starting...", "Starting EBPlatform-PlatformEngine", "reading event message file"):
            info(line)
        info("Engine received EB command cfn-hup-exec\n")
        info(f"Engine command: ({command})\n")
        failure = self._steps(self._restart_steps() if command == "restart-app-server" else self._deployment_steps())
        info("Executing cleanup logic")
        info(f"CommandService Response: {json.dumps(_response(failure), separators=(',', ':'))}\n")
        info(f"Platform Engine finished execution on command: {command}\n")
        return 1 if failure else 0

    def _steps(self, steps: list[tuple[str, Callable[[], None]]]) -> str:
        for name, step in steps:
            info(f"Executing instruction: {name}")
            try:
                step()
            except (StepError, OSError) as failure:
                engine_log.error(
                    f"An error occurred during execution of command [{self.request.command}] - [{name}]. "
                    f"Stop running the command. Error: {failure}\n"
                )
                return str(failure)
        return ""

    def _restart_steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("FetchEnvironmentVariables", self._fetch),
            ("RestartApplicationServer", lambda: web_servers.restart(self.request)),
        ]

    def _deployment_steps(self) -> list[tuple[str, Callable[[], None]]]:
        kind, prefix = _HOOKS[self.request.command]

        def hook(stage: str, application: Path) -> Callable[[], None]:
            return lambda: hooks.run(application, kind, stage, self.properties)

        return [
            ("FetchEnvironmentVariables", self._fetch),
            ("StageApplication", self._stage),
            (f"Run{prefix}PreBuildHooks", hook("prebuild", STAGING)),
            ("Install composer dependencies", _refuse_composer),
            ("configure php", lambda: web_servers.configure_php(self.request)),
            ("configure proxy server", lambda: web_servers.configure_proxy(self.request, STAGING)),
            (f"Run{prefix}PreDeployHooks", hook("predeploy", STAGING)),
            ("stop proxy", web_servers.stop_proxy),
            ("FlipApplication", _flip),
            ("start php-fpm", web_servers.start_php),
            ("start proxy with new configuration", lambda: web_servers.start_proxy(self.request)),
            (f"Run{prefix}PostDeployHooks", hook("postdeploy", CURRENT)),
        ]

    def _fetch(self) -> None:
        self.properties = environment.fetch(self.request)
        environment.write(self.request, self.properties)

    def _stage(self) -> None:
        """The bundle, unpacked anew and webapp's, also at a configuration deployment: what hooks had added is gone."""
        info(f"extracting {BUNDLE} to {STAGING}/")
        shutil.rmtree(STAGING, ignore_errors=True)
        STAGING.mkdir(parents=True)
        if BUNDLE.exists():
            engine_log.command(["/usr/bin/unzip", "-q", "-o", str(BUNDLE), "-d", f"{STAGING}/"])
        else:
            (STAGING / "index.php").write_text(_SAMPLE)
        info(f"finished extracting {BUNDLE} to {STAGING}/ successfully")
        if (STAGING / ".ebextensions").is_dir():
            engine_log.warn("the files in .ebextensions are not run: hosts of the sandbox have no CloudFormation")
        engine_log.command(["chown", "-R", "webapp:webapp", str(STAGING)])


def _refuse_composer() -> None:
    if (STAGING / "composer.json").exists() and not (STAGING / "vendor").is_dir():
        raise StepError(
            "composer.json without vendor/: got a bundle that needs `composer install` on the host, expected vendor/ "
            "in the bundle. Hosts of the sandbox have no Composer: run it before."
        )


def _flip() -> None:
    """The staged application in the place of the running one. The proxy is stopped meanwhile, as on AWS."""
    info(f"Removing {CURRENT}/ if it exists")
    shutil.rmtree(CURRENT, ignore_errors=True)
    info(f"Renaming {STAGING}/ to {CURRENT}/")
    STAGING.rename(CURRENT)
    if not WEB_ROOT.is_symlink():
        WEB_ROOT.parent.mkdir(parents=True, exist_ok=True)
        WEB_ROOT.symlink_to(CURRENT)


def _response(failure: str) -> dict[str, object]:
    now = int(time.time() * 1000)
    if not failure:
        event = {"msg": "Instance deployment completed successfully.", "timestamp": now, "severity": "INFO"}
        result = {"status": "SUCCESS", "msg": "Engine execution has succeeded.", "returncode": 0, "events": [event]}
        return {"status": "SUCCESS", "api_version": "1.0", "results": [result]}
    event = {
        "msg": "Instance deployment failed. For details, see 'eb-engine.log'.",
        "timestamp": now,
        "severity": "ERROR",
    }
    message = "Engine execution has encountered an error."
    result = {"status": "FAILURE", "msg": message, "returncode": 1, "events": [event]}
    return {"status": "FAILURE", "api_version": "1.0", "results": [result]}
