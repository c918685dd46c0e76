"""What a candidate says of itself beside the running release, with real PHP and MariaDB, and the kind that follows."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from release.bundle import PLATFORM_CONFIG
from release.errors import RefusedError
from release.kinds import Candidate, Kind, decide
from release.schema_changes import Table
from sandbox.applications import releases
from sandbox.applications.releases import Change
from sandbox.tests.applications.conftest import data_stores, database, shops
from sandbox.tests.applications.shops import Shop, Shops

__all__ = ["data_stores", "database", "shops"]
SCRIPTS = [
    PLATFORM_CONFIG / "magento/.platform" / name
    for name in ("candidate_facts.php", "database.php", "dry_run.php", "without_secrets.php")
]
CATALOG = "app/code/Client/Catalog"


def asked(candidate: Shop, running: Shop | None = None) -> Candidate:
    """What the candidate says."""
    script, *_ = [shutil.copy(each, candidate.directory / ".platform") for each in SCRIPTS]
    said = subprocess.run(
        ["php", str(script), str(running.directory if running else "/nowhere")],
        capture_output=True,
        text=True,
        check=True,
        env=candidate.environment,
    )
    assert said.stderr == ""
    assert len(said.stdout.splitlines()) == 1
    return Candidate.read("r2", said.stdout)


def schema(*edits: tuple[str, str]) -> Change:
    """Edits of the catalogue's tables."""
    return Change(edits=[(f"{CATALOG}/etc/db_schema.xml", before, after) for before, after in edits])


@pytest.mark.parametrize(
    ("changes", "kind", "reasons"),
    [
        ([], Kind.PLAIN, ["The database and the configuration are up to date."]),
        ([releases.failing_page()], Kind.PLAIN, ["The database and the configuration are up to date."]),
        ([releases.new_column()], Kind.ADDITIVE, ["column catalog_product.origin new"]),
        ([releases.new_module()], Kind.ADDITIVE, ["table client_loyalty_points new"]),
        ([releases.raised_setup_version()], Kind.HELD, ["setup_version of Client_Catalog raised to 1.1.0"]),
        (
            [releases.slow_migration(1)],
            Kind.HELD,
            ["patch Client\\Catalog\\Setup\\Patch\\Data\\RecalculatePrices"],
        ),
        (
            [
                releases.slow_migration(1),
                Change(
                    files={
                        "additive.yml": "patches:\n"
                        "  - Client\\Catalog\\Setup\\Patch\\Data\\RecalculatePrices  # Writes what is there.\n"
                    }
                ),
            ],
            Kind.ADDITIVE,
            ["patch Client\\Catalog\\Setup\\Patch\\Data\\RecalculatePrices"],
        ),
    ],
)
def test_a_change_of_the_code_decides_the_kind(
    shops: Shops, changes: list[Change], kind: Kind, reasons: list[str]
) -> None:
    running = shops.installed()
    decision = decide(asked(shops.release("r2", *changes), running))
    assert (decision.kind, list(decision.reasons)) == (kind, reasons)


def test_scripts_that_no_dry_run_shows_are_seen(shops: Shops) -> None:
    """Those of a new module, and those that run each time and are others than the running release's."""
    script = "<?php\n"
    running = shops.installed("r1", Change(files={f"{CATALOG}/Setup/Recurring.php": script}))
    loyalty = "app/code/Client/Loyalty/Setup"
    known = Change(files={f"{CATALOG}/Setup/Recurring.php": script, f"{CATALOG}/Setup/UpgradeSchema.php": script})
    new = Change(files={f"{loyalty}/InstallSchema.php": script, f"{loyalty}/RecurringData.php": script})
    assert asked(shops.release("r2", known, releases.new_module()), running).unseen_scripts == ()
    decision = decide(asked(shops.release("r3", known, releases.new_module(), new), running))
    assert (decision.kind, list(decision.reasons)) == (
        Kind.HELD,
        [
            "script Client_Loyalty/Setup/InstallSchema.php, which no dry run shows",
            "script Client_Loyalty/Setup/RecurringData.php, which no dry run shows",
        ],
    )
    changed = Change(files={f"{CATALOG}/Setup/Recurring.php": f"{script}// Another one.\n"})
    assert asked(shops.release("r4", changed, releases.new_column()), running).unseen_scripts == (
        "Client_Catalog/Setup/Recurring.php",
    )


def test_a_narrower_column_is_seen_with_what_it_was(shops: Shops) -> None:
    running = shops.installed()
    name = '<column xsi:type="varchar" name="image" length="{}" nullable="false"/>'
    candidate = asked(shops.release("r2", schema((name.format(255), name.format(20)))), running)
    with pytest.raises(RefusedError, match=r"column catalog_product\.image narrowed from varchar\(255\) to varchar"):
        decide(candidate)


def test_a_table_says_whether_it_has_a_fulltext_index(shops: Shops) -> None:
    """With one, a new column rebuilds it."""
    running, release = shops.installed(), shops.release("r2", releases.new_column())
    assert product_of(asked(release, running)).fulltext_indexes == 0
    shops.stores.sql("ALTER TABLE catalog_product ADD FULLTEXT INDEX two_columns (name, image)", shops.database)
    found = product_of(asked(release, running))
    assert (found.fulltext_indexes, found.size_bytes > 0) == (1, True)


def product_of(candidate: Candidate) -> Table:
    assert candidate.tables is not None
    return candidate.tables["catalog_product"]


def test_a_module_that_goes_is_seen(shops: Shops) -> None:
    running = shops.installed("r1", releases.new_module())
    candidate = asked(shops.release("r2"), running)
    assert candidate.removed_modules == ("Client_Loyalty",)
    assert decide(candidate).kind is Kind.HELD


def test_a_module_that_only_the_upgrade_would_switch_on_is_seen(shops: Shops) -> None:
    running = shops.installed()
    unnamed = Change(edits=[("app/etc/config.php", "        'Client_Loyalty' => 1,\n", "")])
    candidate = asked(shops.release("r2", releases.new_module(), releases.new_column(), unnamed), running)
    assert candidate.unnamed_modules == ("Client_Loyalty",)
    assert decide(candidate).kind is Kind.HELD


def test_a_changed_system_value_is_seen(shops: Shops) -> None:
    running, candidate = shops.installed(), shops.release("r2")
    candidate.env["system"]["default"]["general"]["store_information"]["name"] = "House"
    candidate.write_env()
    assert decide(asked(candidate, running)).kind is Kind.HELD


def test_a_store_that_the_import_deletes_is_seen(shops: Shops) -> None:
    """One that was made in the back office after config.php was written. Magento asks nobody without a terminal."""
    running, other = shops.installed(), shops.release("r2", releases.new_store("retail"))
    shops.stores.sql("INSERT INTO store (store_id, code) VALUES (7, 'outlet')", shops.database)
    assert asked(shops.release("r3"), running).deleted_stores == ()
    candidate = asked(other, running)
    assert candidate.deleted_stores == ("outlet",)
    loss = "store outlet deleted, which config.php does not name"
    with pytest.raises(RefusedError, match=loss):
        decide(candidate)
    assert decide(candidate, accepted=[loss]).kind is Kind.HELD
    assert other.code("app:config:import") == 0
    assert "outlet" not in shops.stores.sql("SELECT code FROM store", shops.database)


def test_what_a_release_has_cached_before_is_gone(shops: Shops) -> None:
    """It was planned hours ago, or ran before. What was saved since was cleaned under the running release's keys."""
    running, other = shops.installed(), shops.release("r2")
    path = "general/store_information/phone"
    for number in ("1", "2"):
        assert running.code("config:set", path, number) == 0
        assert other.magento("config:show", path).stdout.strip() == "1"
    asked(other, running)
    assert other.magento("config:show", path).stdout.strip() == "2"


def test_a_question_does_not_import_the_configuration(shops: Shops) -> None:
    """As `setup:upgrade --dry-run=1` does: the running release would answer 500."""
    running, candidate = shops.installed(), shops.release("r2", releases.new_column())
    candidate.env["system"]["default"]["general"]["store_information"]["name"] = "House"
    candidate.write_env()
    assert asked(candidate, running).configuration_status.exit_code == 2
    assert running.code("app:config:status") == 0
    assert candidate.code("app:config:status") == 2


def test_a_comparison_that_fails_says_why(shops: Shops) -> None:
    release = shops.release("r2", releases.new_column())
    script, *_ = [shutil.copy(each, release.directory / ".platform") for each in SCRIPTS if each.name == "dry_run.php"]
    release.env["db"]["connection"]["default"]["dbname"] = "absent"
    release.write_env()
    ran = subprocess.run(["php", script], capture_output=True, text=True, env=release.environment)
    assert (ran.returncode, "absent" in ran.stdout) == (1, True)
