"""What config may say of monitoring, and what it may not."""

from __future__ import annotations

import pytest

from settings.monitoring import MonitoringSettings, ThresholdSettings
from tests.unit.settings.faults import faults_of

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
    assert faults_of(lambda: MonitoringSettings(recipients=RECIPIENTS, alarm_names={key: name})) == [
        f'alarm_names.{key}: got "{name}", expected one {{}} in the name for each * in the key'
    ]


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        ((), "recipients: got 0 entries, expected 1 entry or more"),
        (("ops",), 'recipients.0: got "ops", expected an e-mail address, such as alerts@client.url'),
        (
            ("ops@client.url", "ops@client.url"),
            'recipients: got ["ops@client.url", "ops@client.url"], expected each address once',
        ),
    ],
)
def test_recipients_are_addresses(recipients: tuple[str, ...], message: str) -> None:
    assert faults_of(lambda: MonitoringSettings(recipients=recipients)) == [message]


@pytest.mark.parametrize(
    ("threshold", "value", "message"),
    [
        ("database_cpu_percent", 100, "got 100, expected 0 to 99"),
        ("certificate_days", 0, "got 0, expected 1 to 397"),
    ],
)
def test_a_threshold_can_be_crossed(threshold: str, value: int, message: str) -> None:
    assert faults_of(lambda: ThresholdSettings().changed(**{threshold: value})) == [f"{threshold}: {message}"]
