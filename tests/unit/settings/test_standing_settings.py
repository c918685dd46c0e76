"""A stack that is up keeps its network, sizes, versions and data: the run that would change them is refused first."""

from __future__ import annotations

from typing import Any

import pytest

from settings import stack_file, standing_settings
from tests.unit.program import build, program, stack_config
from tests.unit.settings.stack_faults import GRAMMAR, put

PAGE = "docs/operations.md"
MOVE = f"To move, read {PAGE}, Move to another network or name."
REMOVE = (
    "It is up and holds what cannot be made again. Another name is a removal too. "
    f"To remove it, read {PAGE}, Remove what holds data."
)


def checked(path: str, value: Any, *, stack: str = "prod", standing: dict[str, Any] | None = None) -> None:
    config = stack_config(stack)
    put(path, value)(config)
    exported = program(stack).exports if standing is None else standing
    build(lambda: standing_settings.check(stack_file.load()), stack=stack, config=config, standing=exported)


def refused(path: str, value: Any, **how: Any) -> str:
    """The one line about it."""
    with pytest.raises(stack_file.SettingsError) as error:
        checked(path, value, **how)
    _, line = str(error.value).splitlines()
    assert GRAMMAR.fullmatch(line.strip())
    return line.strip().removeprefix("magento:")


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (
            "network.cidr",
            "10.1.0.0/16",
            f'network.cidr: got "10.1.0.0/16", expected 10.0.0.0/16, since it cannot be changed while the stack is up. '
            f"{MOVE}",
        ),
        (
            "environment",
            "live",
            f'environment: got "live", expected prod, since it cannot be changed while the stack is up. {MOVE}',
        ),
        (
            "client",
            "buyer",
            f'client: got "buyer", expected client, since it cannot be changed while the stack is up. {MOVE}',
        ),
        (
            "network.zones",
            ["b", "a", "c"],
            'network.zones: got ["b", "a", "c"], expected a, b, c first, in this order, since databases and disks are '
            "in them. More zones may follow.",
        ),
        (
            "file_server.shares.0.size_gib",
            199,
            "file_server.shares.0.size_gib: got 199, expected 200 or more, since AWS makes no disk smaller",
        ),
        (
            "windows.size.root_volume_gib",
            79,
            "windows.size.root_volume_gib: got 79, expected 80 or more, since AWS makes no disk smaller",
        ),
        (
            "site.database.storage_gib",
            400,
            "site.database.storage_gib: got 400, expected 500 or more, since AWS makes no disk smaller",
        ),
        (
            "shared_database.engine_version",
            "8.0",
            'shared_database.engine_version: got "8.0", expected 8.4 or newer, since AWS goes back to no older version',
        ),
        (
            "site.cache.engine_version",
            "8.0",
            'site.cache.engine_version: got "8.0", expected 8.1 or newer, since an older version means a new, empty '
            "cache",
        ),
        (
            "buckets.3.name",
            "client-temp",
            f"buckets: got no client-temp-storage, expected client-temp-storage. {REMOVE}",
        ),
        (
            "file_server.shares.3.name",
            "client",
            f"file_server.shares: got no magento-client, expected magento-client. {REMOVE}",
        ),
        (
            "windows.volumes.1.name",
            "files",
            f"windows.volumes: got no data, expected data. {REMOVE}",
        ),
        ("rundeck", None, f"rundeck: got no section, expected the section. {REMOVE}"),
        (
            "vpn_links.0.name",
            "offices",
            'vpn_links.0.peer_address: got "192.0.2.10", expected an address other than that of link lan, which is up. '
            "To rename lan, remove it and run pulumi up, then add it under its new name.",
        ),
        ("backups", [], f"backups: got no section, expected the section. {REMOVE}"),
        (
            "satellites.2.filled_secrets.8",
            "MAIL_SECRET",
            f"satellites: got no mirakl-cashout/MAIL_PASSWORD, expected mirakl-cashout/MAIL_PASSWORD. {REMOVE}",
        ),
    ],
)
def test_what_aws_cannot_change_or_would_lose_is_refused_by_its_field(path: str, value: Any, line: str) -> None:
    assert refused(path, value) == line


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("file_server.shares.0.size_gib", 300),
        ("site.database.storage_gib", 600),
        ("shared_database.apply_changes", "now"),
        ("site.cache.engine_version", "8.2"),
        ("buckets.3.expire_after_days", 7),
        ("vpn_links.0.peer_address", "192.0.2.11"),
    ],
)
def test_what_grows_or_applies_in_place_is_fine(path: str, value: Any) -> None:
    checked(path, value)


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:crypt-key-a1B2c3"


def test_a_database_that_is_up_keeps_the_key_that_it_is_encrypted_with() -> None:
    """Set later, changed, or taken away: the shop could read no payment data any more."""
    key, standing = "site.crypt_key_secret", program("prod").exports["standing_settings"]
    brought = {"standing_settings": {**standing, "crypt_key_secret": SECRET}}
    assert refused(key, SECRET) == (
        f'{key}: got "{SECRET}", expected no value, since the database is encrypted with the key that the stack made'
    )
    since = (
        f"expected {SECRET}, since the database is encrypted with its key. "
        f"To change the key, read {PAGE}, Bring a shop that exists."
    )
    assert refused(key, None, standing=brought) == f"{key}: got no value, {since}"
    assert refused(key, f"{SECRET}x", standing=brought) == f'{key}: got "{SECRET}x", {since}'
    checked(key, SECRET, standing=brought)


def before(part: str, key: str, value: Any, *, stack: str = "prod") -> dict[str, Any]:
    """What the stack exported when one of its keys was another."""
    exported = program(stack).exports["standing_settings"]
    return {"standing_settings": {**exported, part: {**exported[part], key: value}}}


def test_zones_are_added_at_the_end() -> None:
    checked("network.zones", ["a", "b", "c"], standing=before("fixed", "network.zones", ["a", "b"]))


def test_another_engine_version_cannot_wait_for_the_window() -> None:
    """RDS changes the version and the parameter group together, and the old group must become free."""
    standing = before("growing", "shared_database.engine_version", "8.0")
    assert refused("shared_database.engine_version", "8.4", standing=standing) == (
        'shared_database.engine_version: got "8.4", expected 8.0, or apply_changes with the value now or blue-green. '
        f"RDS changes the version and the parameter group together. Read {PAGE}, Upgrade a database."
    )
    for how in ("now", "blue-green"):
        checked("shared_database.apply_changes", how, standing=standing)


def test_another_line_of_valkey_cannot_wait_for_the_window() -> None:
    """ElastiCache changes the version and the parameter group together, and deletes no group that a cache has."""
    standing = before("growing", "site.cache.engine_version", "7.2")
    assert refused("site.cache.engine_version", "8.2", standing=standing) == (
        'site.cache.engine_version: got "8.2", expected 7.2, or apply_changes with the value now. '
        f"ElastiCache changes the version and the parameter group together. Read {PAGE}, Upgrade a cache."
    )
    checked("site.cache.apply_changes", "now", standing=standing)
    checked("site.cache.engine_version", "8.2", standing=before("growing", "site.cache.engine_version", "8.0"))


def test_disks_in_another_order_are_the_same_disks() -> None:
    shares = stack_config("prod")["magento:file_server"]["shares"]
    checked("file_server.shares", shares[::-1])


def test_a_stack_that_joins_keeps_the_network_that_it_is_in() -> None:
    assert refused("network.stack", "staging", stack="preprod").startswith(
        'network.stack: got "staging", expected prod'
    )
    fewer = before("fixed", "network.zones", ["a", "b"], stack="preprod")
    checked("network.zones", ["a", "b", "c"], stack="preprod", standing=fewer)
    # RDS and ElastiCache refuse to take a subnet with a node out of a subnet group.
    assert refused("network.zones", ["a", "c"], stack="preprod").startswith(
        'network.zones: got ["a", "c"], expected a, b, c first'
    )


def test_without_protection_data_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi's own protection ends with an `up` in between, and so does this."""
    prod = dict(program("prod").exports)
    unprotected = {**prod["standing_settings"], "protect": False}
    config = stack_config("prod")
    for change in (put("protect", False), put("rundeck", None), put("site.cache.engine_version", "8.0")):
        change(config)

    def check(standing: object) -> None:
        exports = {"standing_settings": standing}
        build(lambda: standing_settings.check(stack_file.load()), stack="prod", config=config, standing=exports)

    check(unprotected)
    with pytest.raises(stack_file.SettingsError, match="rundeck: got no section"):
        check(prod["standing_settings"])
    monkeypatch.setenv(standing_settings.REMOVING, "rundeck, client-temp-storage")
    config["magento:site"] = stack_config("prod")["magento:site"]
    check(prod["standing_settings"])


def test_a_share_is_not_taken_from_under_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one that may go: the server would be stopped for it, and nothing starts it again."""
    line = (
        "file_server.shares: got no magento-client, expected magento-client with exported: false first. The server "
        f"unmounts it, and its volume can be taken away while it runs. Read {PAGE}, File server."
    )
    fewer = stack_config("preprod")["magento:file_server"]["shares"][:3]
    assert refused("file_server.shares", fewer, stack="preprod") == line
    monkeypatch.setenv(standing_settings.REMOVING, "magento-client")
    fewer = stack_config("prod")["magento:file_server"]["shares"][:3]
    assert refused("file_server.shares", fewer) == line
    standing = program("prod").exports["standing_settings"]
    unexported = {**standing, "exported": standing["exported"][:3]}
    checked("file_server.shares", fewer, standing={"standing_settings": unexported})


@pytest.mark.parametrize("standing", [{}, {"listener_rules": {}}], ids=["first run", "older program"])
def test_a_stack_that_is_not_up_may_be_anything(standing: dict[str, Any]) -> None:
    checked("network.cidr", "10.1.0.0/16", standing=standing)
