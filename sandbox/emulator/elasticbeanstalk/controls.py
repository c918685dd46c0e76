"""How a test or a rehearsal steers the embedded Beanstalk, as moto's own ``/moto-api/`` steers moto.

``POST /moto-api/elasticbeanstalk`` with a JSON object of any of:

- ``SecondsPerBatch``: how long a batch of a deployment takes; 0 at first, so that all is done by the next request.
- ``Failures``: a list of deployments that will fail, each once, as
  ``{"EnvironmentName": …, "InstanceId": …, "Message": …}``.
  Without an instance the first one fails; ``{instance}`` in the message becomes its id. A new list replaces the old.

``GET`` answers the same object with what holds now.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import urls

from sandbox.emulator.elasticbeanstalk.deployment import Failure

PATH = "/moto-api/elasticbeanstalk"


@dataclass(kw_only=True)
class Controls:
    """What holds for the Beanstalk of every account and region."""

    seconds_per_batch: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    def take_failure(self, environment_name: str, instance_id: str) -> Failure | None:
        """The failure that awaits this deployment; it is then spent."""
        for failure in self.failures:
            if failure.strikes(environment_name, instance_id):
                self.failures.remove(failure)
                return failure
        return None

    def set(self, wanted: dict[str, Any]) -> None:
        """Take over what is given; ValueError, KeyError or TypeError when it is no such object."""
        if unknown := wanted.keys() - {"SecondsPerBatch", "Failures"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        failures = [_failure(item) for item in wanted["Failures"]] if "Failures" in wanted else self.failures
        self.seconds_per_batch = float(wanted.get("SecondsPerBatch", self.seconds_per_batch))
        self.failures = failures

    def describe(self) -> dict[str, Any]:
        return {
            "SecondsPerBatch": self.seconds_per_batch,
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
    """moto's form of a request handler."""
    content_type = {"Content-Type": "application/json"}
    if request.method == "POST":
        try:
            CONTROLS.set(json.loads(request.data))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            return 400, content_type, json.dumps({"message": f"{PATH}: {wrong}"})
    return 200, content_type, json.dumps(CONTROLS.describe())


def install() -> None:
    """Let moto's own API answer at ``PATH``."""
    urls.url_paths[f"{{0}}{PATH}$"] = _answer
