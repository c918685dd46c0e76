"""Controls for tests and rehearsals: how long deployments take, and which fail. Like moto's own ``/moto-api/``.

``POST /moto-api/elasticbeanstalk`` with a JSON object of any of:

- ``SecondsPerBatch``: how long a batch of a deployment takes. With 0, the default, a deployment is complete at the next
  request.
- ``TimeScale``: the speed of time for everything that waits while a fleet is registered, here and in the fleet: health
  checks, deregistration delays, Beanstalk's own waits. 1, the default, is AWS's; 0.1 is ten times as fast.
- ``Failures``: deployments that fail once, as ``{"EnvironmentName": …, "InstanceId": …, "Message": …}``. Without
  ``InstanceId`` the first instance fails. ``{instance}`` in the message is replaced by its id. A new list replaces the
  old one.

``GET`` answers the current values.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import urls

from sandbox.emulator.fleet.registration import TIME

PATH = "/moto-api/elasticbeanstalk"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A deployment that will fail on an instance, to rehearse the failure."""

    environment_name: str
    instance_id: str | None = None  # None: the first instance
    message: str = (
        "[Instance: {instance}] Command failed on instance. Return code: 1 "
        "Output: Engine execution has encountered an error.."
    )

    def matches(self, environment_name: str, instance_id: str) -> bool:
        return self.environment_name == environment_name and self.instance_id in (None, instance_id)


@dataclass(kw_only=True)
class Controls:
    """The current values, for every account and region."""

    seconds_per_batch: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    def take_failure(self, environment_name: str, instance_id: str) -> Failure | None:
        """Remove and return the failure for a deployment to this instance."""
        for failure in self.failures:
            if failure.matches(environment_name, instance_id):
                self.failures.remove(failure)
                return failure
        return None

    def set(self, wanted: dict[str, Any]) -> None:
        """Change the given values. Raises ValueError, KeyError or TypeError if they are invalid."""
        if unknown := wanted.keys() - {"SecondsPerBatch", "TimeScale", "Failures"}:
            raise ValueError(f"got {', '.join(sorted(unknown))}, expected SecondsPerBatch, TimeScale or Failures")
        scale = float(wanted.get("TimeScale", TIME.factor))
        if not 0 < scale <= 1:
            raise ValueError(f"TimeScale: got {scale}, expected a number above 0, at most 1")
        failures = [_failure(item) for item in wanted["Failures"]] if "Failures" in wanted else self.failures
        self.seconds_per_batch = float(wanted.get("SecondsPerBatch", self.seconds_per_batch))
        self.failures = failures
        TIME.factor = scale

    def describe(self) -> dict[str, Any]:
        return {
            "SecondsPerBatch": self.seconds_per_batch,
            "TimeScale": TIME.factor,
            "Failures": [
                {"EnvironmentName": f.environment_name, "InstanceId": f.instance_id, "Message": f.message}
                for f in self.failures
            ],
        }


CONTROLS = Controls()


def _failure(item: dict[str, str]) -> Failure:
    optional = {"instance_id": item.get("InstanceId"), "message": item.get("Message")}
    return Failure(environment_name=item["EnvironmentName"], **{k: v for k, v in optional.items() if v})


def _answer(request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """A request handler in moto's form."""
    content_type = {"Content-Type": "application/json"}
    if request.method == "POST":
        try:
            CONTROLS.set(json.loads(request.data))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            return 400, content_type, json.dumps({"message": f"{PATH}: {wrong}"})
    return 200, content_type, json.dumps(CONTROLS.describe())


def install() -> None:
    """Add ``PATH`` to moto's own API."""
    urls.url_paths[f"{{0}}{PATH}$"] = _answer
