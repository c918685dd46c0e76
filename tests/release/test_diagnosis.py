"""What is said of an instance that failed, where Systems Manager's agent does not answer."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from release import diagnosis
from release.beanstalk import Environment, Instance
from release.errors import UndeliverableError
from release.redaction import Redaction

pytestmark = pytest.mark.row(20)
INSTANCE, PASSWORD = "i-0123456789abcdef0", "swordfish-and-chips"
COMPLAINT = f"[Instance: {INSTANCE}] Command failed on instance."


class Beanstalk:
    """A client of Beanstalk. A request makes a sample, and an earlier one is there already."""

    def __init__(self) -> None:
        self.samples = [self.sample(1)]
        self.refuses = False

    @staticmethod
    def sample(number: int) -> dict[str, Any]:
        return {"Ec2InstanceId": INSTANCE, "SampleTimestamp": number, "Message": f"https://sample/{number}"}

    def describe_instances_health(self, **_: Any) -> dict[str, Any]:
        return {"InstanceHealthList": [{"InstanceId": INSTANCE, "Deployment": {"Status": "Failed"}}]}

    def describe_environment_resources(self, **_: Any) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "Describe")
        return {"EnvironmentResources": {"Instances": [{"Id": INSTANCE}]}}

    def request_environment_info(self, **_: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": "must be Ready"}}, "Request")
        self.samples.append(self.sample(2))

    def retrieve_environment_info(self, **_: Any) -> dict[str, Any]:
        return {"EnvironmentInfo": self.samples}


@pytest.fixture
def beanstalk() -> Beanstalk:
    return Beanstalk()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Any:
    def sent(_document: str) -> str:
        raise UndeliverableError([INSTANCE])

    def opened(address: str, **_: Any) -> BytesIO:
        return BytesIO(f"[ERROR] {address}: {PASSWORD} was refused\n".encode())

    monkeypatch.setattr("urllib.request.urlopen", opened)
    described = {"Reservations": [{"Instances": [{"InstanceId": INSTANCE, "PrivateIpAddress": "10.0.101.7"}]}]}
    ec2 = SimpleNamespace(describe_instances=lambda **_: described)
    return SimpleNamespace(
        instance=lambda _: SimpleNamespace(do=sent),
        redaction=Redaction.of_values([PASSWORD]),
        session=SimpleNamespace(client=lambda _: ec2),
    )


def test_beanstalks_log_is_a_new_one_and_without_secrets(site: Any, beanstalk: Beanstalk) -> None:
    said = diagnosis.told(site, Environment(beanstalk=beanstalk, name="front"), COMPLAINT)
    cause = "https://sample/2: [secret] was refused"
    assert said.splitlines() == [f"{INSTANCE} at 10.0.101.7: {cause}", f"    [ERROR] {cause}"]


def test_why_there_is_no_log_does_not_hide_the_complaint(
    site: Any, beanstalk: Beanstalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beanstalk gives no logs while it is busy, a time-out is none of its errors, and AWS throttles."""
    environment = Environment(beanstalk=beanstalk, name="front")

    def late(*_: Any, **__: Any) -> None:
        raise TimeoutError("timed out")

    with monkeypatch.context() as patched:
        patched.setattr("urllib.request.urlopen", late)
        assert "Elastic Beanstalk: timed out" in diagnosis.told(site, environment, COMPLAINT)
    beanstalk.refuses = True
    assert diagnosis.told(site, environment, COMPLAINT).startswith("More of its instances cannot be had: ")
    monkeypatch.setattr(
        Environment, "instances", lambda _: [Instance(id=INSTANCE, version_label="old", status="Failed")]
    )
    assert "Elastic Beanstalk: An error occurred (Invalid" in diagnosis.told(site, environment, COMPLAINT)
