"""A snapshot that is restored and used on live hosts, and a failover, while shoppers are in the shop."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from commands.errors import ExitCode
from tests.hosts.live_sandbox import BACK_OFFICE, LiveSandbox, shoppers

pytestmark = pytest.mark.long


def drill(live: LiveSandbox, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./shop", "drill", command, "-s", "prod", *options],
        cwd=live.platform.project,
        env={**os.environ, **live.platform.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def order(live: LiveSandbox, quote: int) -> None:
    live.sql(f"INSERT INTO sales_order (quote_id, grand_total, items) VALUES ({quote}, 1, 1)")


@pytest.mark.row(5)
def test_the_shop_works_with_its_snapshot_and_no_shopper_notices(live: LiveSandbox) -> None:
    """The copy has what the database had when the snapshot was taken, and nothing of the drill is left."""
    rds = live.platform.client("rds")
    database = live.platform.outputs("prod")["database_endpoint"].partition(".")[0]
    host = live.instances(BACK_OFFICE)[0]
    before = live.run(host, "cat /var/app/current/.platform/release.env; ls /var/app/current/var")
    first = int(live.sql("SELECT COALESCE(MAX(quote_id), 0) + 1 FROM sales_order"))
    order(live, first)
    orders = int(live.sql("SELECT COUNT(*) FROM sales_order"))
    rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier="of-the-drill")
    rds.get_waiter("db_snapshot_available").wait(
        DBSnapshotIdentifier="of-the-drill", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    order(live, first + 1)
    try:
        with shoppers(live, ("/", "/linen-shirt.html")) as load:
            ran = drill(live, "restore", "--snapshot", "of-the-drill")
        assert ran.returncode == ExitCode.OK, ran.stdout + ran.stderr
        assert "page / 200" in ran.stdout
        said = " ".join(next(line for line in ran.stdout.splitlines() if "sales_order" in line).split())
        assert said == f"sales_order {orders} rows; the shop has {orders + 1}"
        assert load.failures == []
        assert [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]].count(
            f"{database}-drill"
        ) == 0
        assert live.run(host, "cat /var/app/current/.platform/release.env; ls /var/app/current/var") == before
        assert live.run(host, "ls /var/app/drill").strip() == ""
    finally:
        live.sql(f"DELETE FROM sales_order WHERE quote_id >= {first}")
        rds.delete_db_snapshot(DBSnapshotIdentifier="of-the-drill")


def test_a_snapshot_without_the_shop_is_no_backup(live: LiveSandbox) -> None:
    """The one that RDS took of the new database: before Magento was installed, it has no table."""
    rds = live.platform.client("rds")
    database = live.platform.outputs("prod")["database_endpoint"].partition(".")[0]
    snapshots = rds.describe_db_snapshots(DBInstanceIdentifier=database, SnapshotType="automated")["DBSnapshots"]
    oldest = min(snapshots, key=lambda each: each["SnapshotCreateTime"])["DBSnapshotIdentifier"]
    ran = drill(live, "restore", "--snapshot", oldest)
    assert ran.returncode == ExitCode.FAILED, ran.stdout
    assert "table sales_order: got no row" in ran.stderr or "setup:db:status: got exit code 1" in ran.stderr


def test_the_shop_comes_back_from_a_failover_with_its_orders_and_carts(live: LiveSandbox) -> None:
    """Database and cache start anew, with what they had."""
    place = live.site
    form = "form_key=key&sku=LINEN-SHIRT"
    added = live.get("/checkout/cart/add", method="POST", body=form, headers={"Cookie": "form_key=key"})
    first = int(live.sql("SELECT COALESCE(MAX(quote_id), 0) + 1 FROM sales_order"))
    order(live, first)
    uptime = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'UPTIME'"
    began = time.time()
    try:
        with shoppers(live, ("/linen-shirt.html",)) as load:
            ran = drill(live, "failover", "--address", f"{place['Address']}:{place['Ports']['443']}")
        assert ran.returncode == ExitCode.OK, ran.stdout + ran.stderr
        assert live.sql(f"SELECT COUNT(*) FROM sales_order WHERE quote_id = {first}") == "1"
    finally:
        live.sql(f"DELETE FROM sales_order WHERE quote_id = {first}")
    assert "1 × Linen shirt" in live.get("/checkout/cart/", headers={"Cookie": f"form_key=key; {added.cookies}"}).text
    assert load.answers[200] > 20
    assert ran.stdout.count("until AWS called it over") == 2
    assert int(live.sql(uptime)) < time.time() - began
