"""What config may say of monitoring, and what it may not."""

from __future__ import annotations

import pytest

from settings.monitoring import MonitoringSettings, ThresholdSettings

RECIPIENTS = ("ops@client.url",)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("database-cpu", "DB CPU Prod"),
        ("vpn-lan-down", "DLM-Lan VPN status"),
        ("vpn-lan-tunnel-1", None),
        ("a-vpn-lan-down", None),
    ],
)
def test_an_alarm_is_named_by_its_key_or_a_pattern(key: str, name: str | None) -> None:
    names = {"database-cpu": "DB CPU Prod", "vpn-*-down": "DLM-{} VPN status"}
    assert MonitoringSettings(recipients=RECIPIENTS, alarm_names=names).name_of(key) == name


@pytest.mark.parametrize(("key", "name"), [("vpn-*-down", "VPN status"), ("database-cpu", "{} CPU")])
def test_a_pattern_repeats_what_it_stands_for(key: str, name: str) -> None:
    """Or all that it matches would have one name."""
    with pytest.raises(ValueError, match="for each"):
        MonitoringSettings(recipients=RECIPIENTS, alarm_names={key: name})


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        ((), "at least one address, got none"),
        (("ops",), "e-mail addresses, got 'ops'"),
        (("ops@client.url", "ops@client.url"), "each address once"),
    ],
)
def test_recipients_are_addresses(recipients: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MonitoringSettings(recipients=recipients)


@pytest.mark.parametrize(
    ("threshold", "value", "message"),
    [
        ("database_cpu_percent", 100, "got 100, expected 0 to 99"),
        ("certificate_days", -1, "got -1, expected 0 or more"),
    ],
)
def test_a_threshold_can_be_crossed(threshold: str, value: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"{threshold}: {message}"):
        ThresholdSettings().changed(**{threshold: value})
