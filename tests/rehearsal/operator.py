"""Whoever releases: types ``./shop release``, looks at what is left, and may be killed in the middle."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from commands.errors import ExitCode
from components.site import cron_host
from release.content_digest import CONTENT, ContentDigest
from release.frozen_plan import FrozenPlan
from release.journal import Event, Journal, Record, names
from release.lock import STALE_SECONDS, LockPlace
from release.progress import DIRECTION, ENDED
from release.redaction import Redaction
from release.running_configuration import RELEASE_FILE, names_in
from release.steps import Step
from sandbox.applications import releases, satellites
from sandbox.applications.releases import Change
from tests.hosts.live_sandbox import BACK_OFFICE, FRONT, LiveSandbox

_LONGEST_SECONDS = 600
_LOOK_SECONDS = 0.03
_MOST_KILLS = 60
_PLANNED = re.compile(r"release deploy -s \S+ (?:--app \S+ )?--plan ([0-9a-f]{12}) --release (\S+)")
_TYPE = re.compile(r"Type: \./shop release (\w+) -s")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    text: str
    """What it printed, to both streams."""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What `./shop release plan` said."""

    id: str
    release: str
    text: str

    @property
    def kind(self) -> str:
        found = re.search(r"^Release .*: (\w+)\.$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]


@dataclass
class Operator:
    """One who releases to a stack of a live sandbox."""

    live: LiveSandbox
    directory: Path
    """For bundles."""
    stack: str = "prod"
    app: str = ""
    """A satellite. Empty for the shop."""
    printed: list[str] = field(default_factory=list)
    """What each command has printed so far."""
    _begun: list[subprocess.Popen[str]] = field(default_factory=list)
    _number: int = field(default_factory=lambda: int(time.time()) % 10_000_000)

    def of(self, stack: str, app: str = "") -> Operator:
        """The same person at another shop, or at a satellite."""
        return replace(self, stack=stack, app=app)

    def shop(self, *arguments: str, of: str = "release") -> Ended:
        """A command of ``./shop release``, or of another one, to its end."""
        begun = time.monotonic()
        process = self.begin(*arguments, of=of)
        try:
            text, _ = process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.printed.append(text)
        return Ended(code=process.returncode, text=text, seconds=time.monotonic() - begun)

    def begin(self, *arguments: str, of: str = "release") -> subprocess.Popen[str]:
        """A command that runs on. In a session of its own, so that a kill reaches what it started."""
        command, *rest = arguments
        app = ["--app", self.app] if self.app else []
        process = subprocess.Popen(
            ["./shop", of, command, "-s", self.stack, *app, *rest],
            cwd=self.live.platform.project,
            env={**os.environ, **self.live.platform.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._begun.append(process)
        return process

    def end_all(self) -> None:
        """Kill each command that still runs."""
        for process in self._begun:
            if process.poll() is None:
                self.kill(process)

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for a command."""
        text, _ = process.communicate(timeout=_LONGEST_SECONDS)
        self.printed.append(text)
        return Ended(code=process.returncode, text=text)

    def name(self, what: str) -> str:
        """A name that no release before had, for something of PHP's."""
        return f"{what}{self._number}"

    def on_back_office(self, *commands: str) -> str:
        """What commands print on the back office's instance of the stack."""
        (host,) = self.live.instances(f"client-{self.stack}-back-office")
        return self.live.run(host, *commands)

    def stage_on(self, instance: str, planned: Planned) -> None:
        """Unpack a planned release on an instance that is not to have it."""
        bucket, prefix = self.place
        version = FrozenPlan.read(self.s3, bucket, prefix, planned.id).to
        ssm = self.live.platform.client("ssm")
        lock = LockPlace(s3=self.s3, bucket=bucket, key=f"{prefix}lock.json").read()
        fence = str(lock.holder.fence if lock else 0)
        given = {"Fence": fence, "Release": version.release, "Bundle": version.bundle, "Sha256": version.sha256}
        sent = ssm.send_command(
            InstanceIds=[instance],
            DocumentName=self.live.platform.outputs("prod")["release_documents"]["stage-candidate"],
            Parameters={name: [value] for name, value in given.items()},
        )["Command"]["CommandId"]
        ssm.get_waiter("command_executed").wait(CommandId=sent, InstanceId=instance)

    def set_instances(self, environment: str, count: int) -> None:
        """Let Auto Scaling have so many instances, and wait until it has."""
        platform = self.live.platform
        (group,) = platform.client("elasticbeanstalk").describe_environment_resources(EnvironmentName=environment)[
            "EnvironmentResources"
        ]["AutoScalingGroups"]
        platform.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=group["Name"], MinSize=count, MaxSize=count, DesiredCapacity=count
        )
        while len(self.live.instances(environment)) != count:
            time.sleep(_LOOK_SECONDS)

    @contextmanager
    def additional_batch(self) -> Iterator[None]:
        """While the block runs, the back office is as with ``site.back_office.additional_batch``."""
        property_ = {"Namespace": "aws:elasticbeanstalk:application:environment", "OptionName": cron_host.OLDEST_OF}
        self._deploy_back_office_by("RollingWithAdditionalBatch", OptionSettings=[{**property_, "Value": BACK_OFFICE}])
        try:
            yield
        finally:
            self._deploy_back_office_by("Rolling", OptionsToRemove=[property_])

    def _deploy_back_office_by(self, policy: str, **changed: Sequence[Mapping[str, str]]) -> None:
        option = {"Namespace": "aws:elasticbeanstalk:command", "OptionName": "DeploymentPolicy", "Value": policy}
        settings = [option, *changed.pop("OptionSettings", ())]
        self.live.wait_until_ready(BACK_OFFICE)
        self.live.platform.client("elasticbeanstalk").update_environment(
            EnvironmentName=BACK_OFFICE, OptionSettings=settings, **changed
        )
        self.live.wait_until_ready(BACK_OFFICE)

    def second_back_office(self, first: str, release: str) -> str:
        """The other instance, once a release is on it."""
        beanstalk = self.live.platform.client("elasticbeanstalk")
        while True:
            found = beanstalk.describe_instances_health(EnvironmentName=BACK_OFFICE, AttributeNames=["Deployment"])
            for each in found["InstanceHealthList"]:
                found_on = each["Deployment"]["VersionLabel"], each["Deployment"]["Status"]
                if each["InstanceId"] != first and found_on == (release, "Deployed"):
                    return str(each["InstanceId"])
            time.sleep(_LOOK_SECONDS)

    def instance_in_progress(self, environment: str) -> str:
        """The instance to which Beanstalk deploys now, or next."""
        beanstalk = self.live.platform.client("elasticbeanstalk")
        while True:
            found = beanstalk.describe_instances_health(EnvironmentName=environment, AttributeNames=["Deployment"])
            for each in found["InstanceHealthList"]:
                if each["Deployment"]["Status"] == "In Progress":
                    return str(each["InstanceId"])
            time.sleep(_LOOK_SECONDS)

    def bundle(self, *changes: Change) -> Path:
        """A new release of the shop, with static files whose addresses are its own, or of the satellite."""
        self._number += 1
        release = f"rehearsed-{self._number}"
        directory = self.directory / self.stack / (self.app or "shop")
        output = directory / f"{release}.zip"
        if self.app:
            application = satellites.build(self.app, directory / release)
            for change in changes:
                change.apply(application)
            named = ["--name", self.app]
        else:
            application = releases.build(directory / release, *changes, statics_version=self._number)
            named = ["--name", "magento", "--configuration", self._configuration]
        self.live.platform.run(
            *(".venv/bin/python", "-m", "release.bundle", str(application), str(output)),
            *("--release", release, *named),
        )
        return output

    @cached_property
    def _configuration(self) -> str:
        return str(self.live.platform.outputs(self.stack)["configuration_object"])

    @staticmethod
    def edit(bundle: Path, path: str, old: str, new: str) -> Path:
        """Replace a text in a file of a bundle, which is there once. The bundle is then as if it was built so."""
        edited, digest = bundle.with_suffix(".edited.zip"), ContentDigest()
        with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED) as target:
            *entries, last = source.infolist()
            assert last.filename == RELEASE_FILE
            for entry in entries:
                content = source.read(entry)
                if entry.filename == path:
                    assert content.count(old.encode()) == 1, f"{path}: got {content.count(old.encode())} times {old!r}"
                    content = content.replace(old.encode(), new.encode())
                digest.add(entry.filename, content)
                target.writestr(entry, content)
            named = {**names_in(source), CONTENT: digest.hexdigest()}
            target.writestr(last, "".join(f"{name}={value}\n" for name, value in named.items()))
        return edited

    def require_own_cache(self, planned: Planned) -> None:
        """Let the candidate clean its configuration in the cache and read it again, as `setup:upgrade` does. Raise
        ``AssertionError`` unless the running release's command line, which cron needs, still works after that."""
        for command in ("cache:clean config", "list"):
            self.on_candidate(planned, command)
        magento = "runuser -u webapp -- php bin/magento cache:status"
        said = self.on_back_office("cd /var/app/current", f"{magento} 2>&1 || echo 'ended with' $?")
        assert "ended with" not in said, f"bin/magento of the running release: {said}"

    def on_candidate(self, planned: Planned, command: str) -> None:
        """Run a command of Magento's on the back office, by a release that is planned."""
        magento = f"runuser -u webapp -- php bin/magento {command} --no-interaction"
        self.on_back_office(f"cd /var/app/candidates/{planned.release}", magento)

    def plan(self, *arguments: Path | str) -> Planned:
        """With the bundle and the options of `./shop release plan`. Raises ``AssertionError`` if it is refused."""
        ended = self.shop("plan", *map(str, arguments))
        found = _PLANNED.search(ended.text)
        assert ended.code == 0, ended.text
        assert found, ended.text
        return Planned(id=found[1], release=found[2], text=ended.text)

    @staticmethod
    def deploy(planned: Planned) -> tuple[str, ...]:
        """The command that carries a plan out."""
        return "deploy", "--plan", planned.id, "--release", planned.release

    def replan(self, planned: Planned, steps: Sequence[Step]) -> Planned:
        """The same plan with other steps, as a tool that is wrong would make it."""
        bucket, prefix = self.place
        plan = replace(FrozenPlan.read(self.s3, bucket, prefix, planned.id), steps=tuple(steps))
        plan.keep(self.s3, bucket, prefix)
        return replace(planned, id=plan.id)

    @cached_property
    def s3(self) -> Any:
        return self.live.platform.client("s3")

    @cached_property
    def place(self) -> tuple[str, str]:
        """The bucket for releases, and what its keys begin with."""
        outputs = self.live.platform.outputs(self.stack)
        bucket, _, prefix = str(outputs["releases"]).removeprefix("s3://").partition("/")
        return bucket, prefix + (f"satellites/{self.app}/" if self.app else "")

    def journal_names(self) -> Sequence[str]:
        bucket, prefix = self.place
        found = names(self.s3, bucket, f"{prefix}releases/")
        return [each for each in found if not each.startswith("hold-")]

    def journal(self) -> Journal:
        """The newest one."""
        bucket, prefix = self.place
        return Journal.read(self.s3, bucket, f"{prefix}releases/{self.journal_names()[-1]}/", Redaction())

    def begin_release(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a release, and wait until it has a journal. Raises ``AssertionError`` if it ends before."""
        before = self.journal_names()
        process = self.begin(*arguments)
        while self.journal_names() == before:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(_LOOK_SECONDS)
        return process

    def await_record(
        self, process: subprocess.Popen[str], is_it: Callable[[Record], bool], after: int = 0
    ) -> Record | None:
        """The first such record beyond a number of the newest release. None: the process has ended without it."""
        bucket, prefix = self.place
        place = f"{prefix}releases/{self.journal_names()[-1]}/"
        number = after + 1
        while process.poll() is None:
            try:
                key = f"{place}{number:06}.json"
                body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except self.s3.exceptions.NoSuchKey:
                time.sleep(_LOOK_SECONDS)
                continue
            said = json.loads(body)
            record = Record(**{**said, "event": Event(said["event"])})
            if is_it(record):
                return record
            number += 1
        return None

    def kill(self, process: subprocess.Popen[str]) -> None:
        """By SIGKILL, with all that it has started."""
        os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
        self.printed.append(text)

    def kill_after_each(
        self, process: subprocess.Popen[str], wanted: Callable[[Record], bool] = lambda _: True
    ) -> tuple[int, Ended]:
        """Kill the process after each record that is wanted, once each, and go on as `status` says.

        Returns the number of kills, and how the last command ended. Raises ``AssertionError`` if that
        neither finished the release nor took it back.
        """
        seen: set[tuple[str, ...]] = set()
        number = 0
        while record := self.await_record(process, lambda each: wanted(each) and _said(each) not in seen, after=number):
            self.kill(process)
            seen.add(_said(record))
            assert len(seen) < _MOST_KILLS, f"killed {len(seen)} times, after {sorted(seen)}"
            # It may have written more in the moment before it died.
            number = record.number
            going_on = self.go_on()
            if isinstance(going_on, Ended):
                return len(seen), going_on
            process = going_on
        ended = self.end(process)
        assert ended.code in (ExitCode.OK, ExitCode.FAILED), ended.text
        return len(seen), ended

    def go_on(self) -> subprocess.Popen[str] | Ended:
        """Begin what `status` says to type after a process was killed. If its release was over: free the lock, as
        `status` says, if the process did not."""
        self.let_the_lock_grow_old()
        status = self.shop("status")
        if found := _TYPE.search(status.text):
            return self.begin(found[1])
        assert ENDED in self.journal().records[-1].details, status.text
        if "The lock is held" not in status.text:
            return status
        unlocked = self.shop("unlock", "--release", self.journal_names()[-1])
        assert unlocked.code == ExitCode.OK, unlocked.text
        return unlocked

    def let_the_lock_grow_old(self) -> None:
        """As if the time had passed after which a silent process is taken for dead. S3's own clock says so."""
        bucket, prefix = self.place
        self.post("/moto-api/s3", {"Bucket": bucket, "Key": f"{prefix}lock.json", "Seconds": STALE_SECONDS + 1})

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Tell the embedded AWS."""
        asked = urllib.request.Request(
            f"{self.live.platform.environment['AWS_ENDPOINT_URL']}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked, timeout=60).close()

    @contextmanager
    def faults(self, **faults: float) -> Iterator[None]:
        """While the block runs, AWS throttles, or loses answers."""
        self.post("/moto-api/faults", faults)
        try:
            yield
        finally:
            self.post("/moto-api/faults", {})

    def sql(self, query: str) -> list[list[str]]:
        """The rows that the shop's database answers, asked on the back office's instance with what env.php says."""
        script = (
            '$d = (require "/var/app/current/app/etc/env.php")["db"]["connection"]["default"];'
            '[$h, $p] = array_pad(explode(":", $d["host"], 2), 2, "3306");'
            '$c = new PDO("mysql:host=$h;port=$p;dbname={$d["dbname"]}", $d["username"], $d["password"],'
            '$d["driver_options"] ?? []);'
            '$said = $c->query(getenv("QUERY"));'
            "echo json_encode($said->columnCount() ? $said->fetchAll(PDO::FETCH_NUM) : []);"
        )
        found: list[list[str]] = json.loads(self.on_back_office(f"QUERY=\"{query}\" php -r '{script}'"))
        return found


def _stays_open(settings: Sequence[Mapping[str, str]]) -> bool:
    return any(each["OptionName"] == cron_host.OLDEST_OF for each in settings)


def at(record: Record) -> float:
    """When it was written, as ``time.time`` has it."""
    return datetime.fromisoformat(record.at).timestamp()


def require_quiet(operator: Operator, release: str) -> None:
    """Raise ``AssertionError`` unless a release runs everywhere, and nothing waits for anybody."""
    status = operator.shop("status")
    assert status.code == 0, status.text
    live = operator.live
    beanstalk = live.platform.client("elasticbeanstalk")
    for environment in (FRONT, BACK_OFFICE):
        live.wait_until_ready(environment, 60)
        found = beanstalk.describe_instances_health(EnvironmentName=environment, AttributeNames=["Deployment"])
        runs = {each["Deployment"]["VersionLabel"] for each in found["InstanceHealthList"]}
        assert runs == {release}, f"{environment} runs {runs}, expected {release}"
        settings = beanstalk.describe_configuration_settings(
            ApplicationName=live.environment(environment)["ApplicationName"], EnvironmentName=environment
        )["ConfigurationSettings"][0]["OptionSettings"]
        (policy,) = (each["Value"] for each in settings if each["OptionName"] == "DeploymentPolicy")
        usual = "RollingWithAdditionalBatch" if _stays_open(settings) else "Rolling"
        assert policy == usual, f"{environment} deploys by {policy}, expected {usual}"
    with_cron = [
        host
        for environment in (FRONT, BACK_OFFICE)
        for host in live.instances(environment)
        if live.run(host, "test -e /etc/cron.d/magento && test ! -e /var/app/cron-paused && echo yes || true").strip()
    ]
    assert len(with_cron) == 1, f"cron runs on {with_cron}, expected one host"
    assert live.get("/").headers["x-release"] == release


def _said(record: Record) -> tuple[str, ...]:
    """What a record says, without its number and its time: a step that is done again says the same."""
    return record.event, record.step, str(record.details.get(DIRECTION, "")), str(record.details.get(ENDED, ""))
