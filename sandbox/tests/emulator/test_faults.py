"""Faults on purpose: the same seed gives the same faults, and nothing fails that was not asked for."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from sandbox.tests.emulator.aws_process import EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]

_PATH = "/moto-api/faults"


@pytest.fixture
def faulty(aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    yield aws
    aws.post(_PATH, "{}")


def _fates(aws: EmbeddedAws, count: int = 20) -> list[str]:
    """What became of so many requests to make a topic."""
    sns, fates = aws.own_client("sns", retries={"total_max_attempts": 1}), []
    for number in range(count):
        try:
            sns.create_topic(Name=f"topic-{number}")
            fates.append("made")
        except ClientError as refused:
            fates.append(refused.response["Error"]["Code"])
        except (ConnectionClosedError, HTTPClientError):
            fates.append("lost")
    return fates


def _topics(aws: EmbeddedAws) -> int:
    return len(aws.client("sns").list_topics()["Topics"])


def test_a_throttled_request_does_nothing(faulty: EmbeddedAws) -> None:
    faulty.post(_PATH, '{"Seed": 1, "Throttled": 0.5}')
    fates = _fates(faulty)
    faulty.post(_PATH, "{}")
    assert set(fates) == {"made", "Throttling"}
    assert _topics(faulty) == fates.count("made")


def test_a_lost_answer_comes_after_the_work(faulty: EmbeddedAws) -> None:
    faulty.post(_PATH, '{"Seed": 1, "Lost": 0.5}')
    fates = _fates(faulty)
    assert set(fates) == {"made", "lost"}
    assert _topics(faulty) == len(fates)


def test_the_same_seed_gives_the_same_faults(faulty: EmbeddedAws) -> None:
    seen = []
    for seed in (1, 1, 2):
        faulty.post(_PATH, json.dumps({"Seed": seed, "Throttled": 0.3, "Lost": 0.3}))
        seen.append(_fates(faulty))
    assert seen[0] == seen[1] != seen[2]


def test_a_held_request_has_done_its_work_and_waits_for_the_next_setting(faulty: EmbeddedAws) -> None:
    """So that something can be killed at a moment that a seed chose."""
    faulty.post(_PATH, '{"HoldAt": 2}')
    fates: list[str] = []
    client = threading.Thread(target=lambda: fates.extend(_fates(faulty, 3)))
    client.start()
    while not _state(faulty)["Held"]:
        time.sleep(0.02)
    assert _topics(faulty) == 2
    faulty.post(_PATH, "{}")
    client.join()
    assert fates == ["made"] * 3


def _state(aws: EmbeddedAws) -> dict[str, Any]:
    with urllib.request.urlopen(f"{aws.url}{_PATH}", timeout=30) as answer:
        state: dict[str, Any] = json.loads(answer.read())
    return state


def test_pulumis_state_is_spared(faulty: EmbeddedAws) -> None:
    """Without its state the engine could only start afresh."""
    s3 = faulty.own_client("s3", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    s3.create_bucket(
        Bucket="client-pulumi-state-storage", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    faulty.post(_PATH, '{"Throttled": 1, "Lost": 1}')
    s3.put_object(Bucket="client-pulumi-state-storage", Key="state", Body=b"{}")


@pytest.mark.parametrize("setting", ['{"Lots": 1}', '{"Lost": "often"}', "[]"])
def test_a_setting_that_is_none_is_refused(faulty: EmbeddedAws, setting: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        faulty.post(_PATH, setting)
