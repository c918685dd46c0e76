"""Pre-production's database is replaced by a copy of production's on live hosts: real PHP, MariaDB, and the shop."""

from __future__ import annotations

import os
import subprocess

import pytest

from commands.errors import ExitCode
from tests.hosts.live_sandbox import LiveSandbox, shoppers

pytestmark = pytest.mark.long
FRONT, BACK_OFFICE = "client-preprod-front", "client-preprod-back-office"
SHIRT = "/linen-shirt.html"


def refresh(live: LiveSandbox) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./shop", "release", "refresh", "-s", "preprod", "--new"],
        cwd=live.platform.project,
        env={**os.environ, **live.platform.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def databases(live: LiveSandbox) -> set[str]:
    found = live.platform.client("rds").describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"] for each in found}


@pytest.mark.row(5)
def test_preproduction_becomes_production_without_its_people(live: LiveSandbox) -> None:
    """Production's catalogue is in pre-production's pages, and its customers and orders are not. No shopper of
    production notices anything, and nothing of the refresh is left."""
    before = databases(live)
    first = int(live.sql("SELECT COALESCE(MAX(quote_id), 0) + 1 FROM sales_order"))
    administrators = live.sql("SELECT username FROM admin_user", BACK_OFFICE)
    live.sql("CREATE TABLE customer_entity (entity_id INT PRIMARY KEY, email VARCHAR(255))")
    try:
        live.sql("INSERT INTO customer_entity VALUES (1, 'jane@gmail.com')")
        live.sql(f"INSERT INTO sales_order (quote_id, grand_total, items) VALUES ({first}, 1, 1)")
        live.sql("UPDATE catalog_product SET name = 'Shirt of production' WHERE url_key = 'linen-shirt'")
        live.sql("CREATE TABLE unlisted_x (id INT)")
        refused = refresh(live)
        assert refused.returncode == ExitCode.COULD_NOT_RUN, refused.stdout + refused.stderr
        assert "emptied:\n  - unlisted_x" in refused.stderr
        assert databases(live) == before
        assert "Shirt of production" not in live.get(SHIRT, "preprod.client.url", environment=FRONT).text
        live.sql("DROP TABLE unlisted_x")
        with shoppers(live, (SHIRT,)) as load:
            ran = refresh(live)
        assert ran.returncode == ExitCode.OK, ran.stdout + ran.stderr
        assert load.failures == []
        assert load.answers[200] > 20
        # Production has what it had.
        assert live.sql("SELECT email FROM customer_entity") == "jane@gmail.com"
        assert live.sql(f"SELECT COUNT(*) FROM sales_order WHERE quote_id = {first}") == "1"
    finally:
        live.sql("DROP TABLE IF EXISTS customer_entity, unlisted_x")
        live.sql(f"DELETE FROM sales_order WHERE quote_id >= {first}")
        live.sql("UPDATE catalog_product SET name = 'Linen shirt' WHERE url_key = 'linen-shirt'")
    assert live.sql("SELECT COUNT(*) FROM customer_entity", BACK_OFFICE) == "0"
    assert live.sql("SELECT COUNT(*) FROM sales_order", BACK_OFFICE) == "0"
    assert live.sql("SELECT username FROM admin_user", BACK_OFFICE) == administrators != ""
    page = live.get(SHIRT, "preprod.client.url", environment=FRONT)
    assert page.status == 200
    assert "Shirt of production" in page.text
    assert "https://client.url" not in page.text
    assert databases(live) == before
    host = live.instances(BACK_OFFICE)[0]
    assert live.run(host, "ls -A /var/app/cron-paused 2>/dev/null || true").strip() == ""
    status = subprocess.run(
        ["./shop", "release", "status", "-s", "preprod"],
        cwd=live.platform.project,
        env={**os.environ, **live.platform.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert status.returncode == ExitCode.OK, status.stdout
