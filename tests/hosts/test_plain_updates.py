"""Changes while shoppers are in the shop: a release by Beanstalk's own commands, and a property by ``pulumi up``."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from sandbox.applications.releases import Change
from tests.hosts.live_sandbox import BACK_OFFICE, FRONT, LiveSandbox, shoppers

pytestmark = pytest.mark.long

_TIME = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}"
_FORMAT = "%Y/%m/%d %H:%M:%S.%f"
PAGES = ("/", "/women.html", "/linen-shirt.html", "/checkout/cart/")
# What hooks arrange: names, owners, modes and the targets of links, without the release's own logs and caches.
TREE = (
    "cd /var/app/current; "
    "find . \\( -path ./var -o -path ./generated \\) -prune -o -printf '%p %u:%g %m %y %l\\n' | sort; "
    'for file in /etc/cron.d/*; do echo "$file"; grep -v \'^#\' "$file"; done; '
    "find /etc/vsftpd* -type f -exec ls -l --time-style=+ {} + 2>/dev/null; "
    "findmnt -rn -o TARGET,SOURCE | grep nfs || true"
)


# No request survives it. A host that gets none has nothing to lose.
HARD_RESTART = {
    ".platform/hooks/predeploy/90_restart_php.sh": "#!/bin/sh\n"
    "systemctl kill --signal=KILL php-fpm && systemctl restart php-fpm\n"
}


@pytest.fixture(scope="module")
def bundle(live: LiveSandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose hook restarts PHP the hard way. The back office runs it already."""
    built = live.bundle(tmp_path_factory.mktemp("release"), "rolled", Change(files=HARD_RESTART))
    with live.short_waits():
        live.deploy(BACK_OFFICE, built)
        live.wait_until_ready(BACK_OFFICE)
    return built


def test_a_changed_property_leaves_hosts_as_they_were(live: LiveSandbox) -> None:
    """Beanstalk restages the bundle and runs confighooks alone. Shares, owners, cron and FTP must be there again.

    It comes before the releases that restart PHP the hard way: confighooks would do it too, while the proxy serves.
    """
    environments = (FRONT, BACK_OFFICE, "client-prod-custom-connection", "client-prod-mirakl-cashout")
    hosts = [instance for environment in environments for instance in live.instances(environment)]
    before = {host: live.run(host, TREE) for host in hosts}
    assert all("magento-client" in before[host] for host in live.instances(FRONT))
    assert "magento" in before[live.instances(BACK_OFFICE)[0]]
    deployments = {name: running(live, name) for name in environments}

    tier = '"MAGENTO_TIER": tier,'
    live.platform.edit("components/site/magento_platform.py", tier, f'{tier} "CHANGED": "yes",')
    for satellite in ("custom-connection", "mirakl-cashout"):
        add_variable(live, satellite)
    # Few: they are there for as long as the engine looks at the whole stack.
    with shoppers(live, PAGES, number=2) as load:
        live.platform.pulumi("up", "--yes", "--skip-preview", "-s", "prod")
        for name in environments:
            live.wait_until_ready(name)
    for name in environments:
        assert running(live, name) > deployments[name], live.events(name)
    assert {host: live.run(host, TREE) for host in hosts} == before
    # Beanstalk changes all instances at once, and takes none of them from the load balancer.
    out = [outage(live, host) for host in live.instances(FRONT)]
    unexplained = [
        (asked, failure)
        for asked, over, failure in load.failures
        if not any(asked <= end and over >= begin for begin, end in out)
    ]
    assert unexplained == [], out
    assert load.answers[200] > 50
    assert live.get("/").status == 200


def test_a_release_rolls_over_four_hosts_and_no_shopper_notices(live: LiveSandbox, bundle: Path) -> None:
    with shoppers(live, PAGES) as load:
        live.deploy(FRONT, bundle)
        deployed = live.wait_until_ready(FRONT)
    assert deployed["VersionLabel"] == "rolled", live.events(FRONT)
    assert load.failures == []
    # Old and new answered side by side.
    assert load.answers[200] > 50
    assert len(load.releases) == 2, load.releases
    batches = [event for event in live.events(FRONT, 100) if "Completed application deployment" in event]
    assert len([event for event in batches if event.startswith("INFO Batch")]) >= 4, live.events(FRONT, 100)


def test_the_same_without_draining_is_noticed(live: LiveSandbox, bundle: Path) -> None:
    """The control: the same bundle, once more, by the same policy, while the deregistration delay is 0.

    On a slow computer, PHP may restart on all four hosts while none of them makes a page. So it has three attempts.
    """
    for _ in range(3):
        before = running(live, FRONT)
        with live.draining(FRONT, 0), live.short_waits(), shoppers(live, PAGES) as load:
            live.deploy(FRONT, bundle)
            live.wait_until_ready(FRONT)
        assert running(live, FRONT) > before, live.events(FRONT)
        if load.failures:
            break
    assert load.failures
    assert live.get("/").status == 200


def outage(live: LiveSandbox, host: str) -> tuple[float, float]:
    """When the last deployment stopped the host's web server, and when it had started it again."""
    # Systems Manager answers 24,000 characters at most, and the whole log has more.
    steps = live.run(host, "grep 'Executing instruction' /var/log/eb-engine.log | tail -n 20")
    log = steps.rpartition("Executing instruction: stop proxy")
    stopped = re.findall(_TIME, log[0])[-1]
    started = re.search(rf"({_TIME}) \[INFO\] Executing instruction: RunConfigDeployPostDeployHooks", log[2])
    assert started, log[2]
    began, ended = (datetime.strptime(f"{text}+0000", f"{_FORMAT}%z").timestamp() for text in (stopped, started[1]))
    return began, ended


def add_variable(live: LiveSandbox, satellite: str) -> None:
    path = live.platform.project / "Pulumi.prod.yaml"
    text = path.read_text()
    begin = text.index(f"    - name: {satellite}\n")
    end = begin + len(f"    - name: {satellite}\n")
    block = re.split(r"\n    - |\n\n", text[end:])[0]
    if "      variables:\n" in block:
        at = text.index("      variables:\n", end) + len("      variables:\n")
        path.write_text(f'{text[:at]}        CHANGED: "yes"\n{text[at:]}')
    else:
        path.write_text(f'{text[:end]}      variables: {{CHANGED: "yes"}}\n{text[end:]}')


def running(live: LiveSandbox, environment: str) -> int:
    """The number of the deployment that every instance of the environment runs."""
    beanstalk = live.platform.client("elasticbeanstalk")
    found = beanstalk.describe_instances_health(EnvironmentName=environment, AttributeNames=["Deployment"])
    (number,) = {each["Deployment"]["DeploymentId"] for each in found["InstanceHealthList"]}
    return int(number)
