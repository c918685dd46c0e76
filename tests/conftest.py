"""How a test run is shared out among processes, and what its end says about tests that were left out."""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.servers.programs import INSTALL

PLATFORM = "tests/platform/"
WITHOUT_THE_PLATFORM = (
    "tests/platform/test_bootstrap.py",
    "tests/platform/test_faults.py",
    "tests/platform/test_listener_rules.py",
    "tests/platform/test_reachability_reading.py",
)
"""Files of that folder that do not use the fixture `platform`."""
HOSTS = "tests/hosts/"
"""The files of that folder share a live sandbox."""
APPLICATIONS = "sandbox/tests/applications/"
"""The files of that folder share a MariaDB and a Redis."""
MACHINES = "tests/servers/test_images.py"
BOOTS_MACHINES = (
    "tests/servers/test_first_boot.py",
    "tests/servers/test_images.py",
    "tests/servers/test_logs.py",
    "tests/servers/test_outages.py",
    "tests/servers/test_power_failures.py",
    "tests/servers/test_security_updates.py",
    "tests/servers/test_server_configuration.py",
    "tests/servers/test_server_states.py",
)
"""The files that share a Debian which takes half a minute to be unpacked."""
FIRST = (
    PLATFORM,
    HOSTS,
    "sandbox/tests/commands/test_lifecycle.py",
    MACHINES,
    "sandbox/tests/emulator/test_beanstalk_hosts.py",
    APPLICATIONS,
    "tests/platform/test_faults.py",
    "sandbox/tests/commands/test_virtualenv.py",
    "sandbox/tests/emulator/test_elasticbeanstalk.py",
    "tests/servers/test_magento_hooks.py",
    "sandbox/tests/emulator/test_ec2.py",
    "tests/unit/settings/test_mutated_files.py",
    "tests/unit/data/test_data_stores.py",
    "tests/unit/test_config_alone.py",
    "tests/policies/test_breakages.py",
    "tests/unit/commands/test_shop.py",
    "tests/unit/site/test_release_documents.py",
    "tests/policies/test_report_commands.py",
    "tests/unit/test_images.py",
    "tests/policies/test_proofs.py",
    "tests/unit/test_scenarios.py",
    "tests/unit/test_quotas.py",
    "tests/unit/network/test_way_out.py",
    "tests/policies/test_stack_wide.py",
    "tests/servers/test_first_installation.py",
)
"""What takes longest, longest first: started last, it would keep all other processes waiting."""

OBJECTS_BETWEEN_COLLECTIONS = 70_000
"""Python's own number is 700. A whole program leaves more than that behind."""
COLLECTIONS_OF_THE_YOUNG = 1_000
"""How often what is new is searched before what has stayed is searched too. Python's own number is 10. What stays is
what tests share, and little of it is garbage later."""


def unit_of_work(nodeid: str) -> str:
    """What one process runs as a whole: a file, or all files that share what is up: the platform, hosts, a database."""
    file = nodeid.partition("::")[0]
    if file in WITHOUT_THE_PLATFORM:
        return file
    if file in BOOTS_MACHINES:
        return MACHINES
    shared = (folder for folder in (HOSTS, PLATFORM, APPLICATIONS) if file.startswith(folder))
    return next(shared, file)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist publishes no types
    """Gives each process a file at a time, so that what the tests of a file share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of_work(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes for two cores: for a third of their time, tests wait for servers, checks and batches."""
    return 3 * (os.cpu_count() or 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Called with `-n` only; without it, one process runs everything."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """With `-n`, a process that has run its tests ends at once: to free its graphs one by one would take seconds.

    What is registered later, such as the removal of temporary directories, is done before.
    """
    if hasattr(config, "workerinput"):
        atexit.register(os._exit, 0)


# Without garbage collection, importing takes half the time: of what is imported, nothing is garbage.
gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """From here on there is garbage. Tests share large graphs, so it is looked for a hundredth as often as usual."""
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, COLLECTIONS_OF_THE_YOUNG)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse names that differ between processes. With `-n`, what takes longest comes first."""
    for item in items:
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any(isinstance(each, set | frozenset) and len(each) > 1 and str(each) in item.name for each in params):
            raise pytest.UsageError(f"{item.nodeid}: got a set, expected a name that does not hold a set")
    if hasattr(config, "workerinput"):
        ranks = {unit: rank for rank, unit in enumerate(FIRST)}
        items.sort(key=lambda item: ranks.get(unit_of_work(item.nodeid), len(FIRST)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Whoever reads a failure sees what the program that failed said: the error alone has its exit code only."""
    error = call.excinfo and call.excinfo.value
    if isinstance(error, subprocess.CalledProcessError | subprocess.TimeoutExpired):
        for output in filter(None, (error.stdout, error.stderr)):
            error.add_note(output if isinstance(output, str) else output.decode(errors="replace"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for all tests whose programs are not installed, and one for each other reason to leave tests out."""
    # pytest's own list has a line for each place in the code.
    terminalreporter.reportchars = terminalreporter.reportchars.replace("s", "")
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped")]
    not_installed = sum(INSTALL in reason for reason in reasons)
    for reason, count in Counter(reason for reason in reasons if INSTALL not in reason).items():
        terminalreporter.write_line(f"{_tests(count)} left out: {reason}", yellow=True)
    if not_installed:
        said = f"{_tests(not_installed)} left out, because their programs are not installed: run {INSTALL}"
        terminalreporter.write_line(said, yellow=True)


def _tests(count: int) -> str:
    return "1 test was" if count == 1 else f"{count} tests were"
