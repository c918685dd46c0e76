"""The alarms that sound: which of them stop a release, and which are only told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from release.site import Satellite, Site


@dataclass(frozen=True, kw_only=True)
class Sounding:
    """The alarms that sound, each as `--accept` repeats it, such as ``alarm client-prod-target-errors``."""

    stopping: tuple[str, ...]
    """On what a release touches."""
    others: tuple[str, ...]
    """The stack's other alarms, on a VPN link or a user's certificate."""

    @classmethod
    def at(cls, site: Site) -> Sounding:
        """Those that sound now. Another stack's do not count."""
        stopping, others = [], []
        for alarm in _in_alarm(site):
            match _stops(site, alarm):
                case True:
                    stopping.append(f"alarm {alarm['AlarmName']}")
                case False:
                    others.append(f"alarm {alarm['AlarmName']}")
        return cls(stopping=tuple(stopping), others=tuple(others))

    @property
    def told(self) -> Iterator[str]:
        """A sentence about each that stops nothing."""
        for each in self.others:
            yield f"{each} sounds. It stops no release of this application."


def _in_alarm(site: Site) -> Iterator[Mapping[str, Any]]:
    pages = (
        site.session.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    for page in pages:
        yield from page.get("MetricAlarms", ())
        yield from page.get("CompositeAlarms", ())


def _stops(site: Site, alarm: Mapping[str, Any]) -> bool | None:
    """Whether the alarm is on what a release of the site touches. None for an alarm of something else altogether.

    The stack says it of its own alarms. Others, which somebody made by hand, are known by what they measure.
    """
    listed = _listed(site)
    if alarm["AlarmName"] in listed:
        return True
    if _is_of_stack(site, alarm):
        return False
    return True if _measures(alarm, set(_parts(site))) else None


def _listed(site: Site) -> frozenset[str]:
    said = site.stack.outputs.get("release_alarms")
    known: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    if isinstance(site, Satellite):
        return frozenset(known.get("satellites", {}).get(site.name, ()))
    return frozenset(known.get("site", ()))


def _is_of_stack(site: Site, alarm: Mapping[str, Any]) -> bool:
    """By its name, which a stack file may change, or by the topic that it tells."""
    topic = str(site.stack.outputs.get("alarm_topic") or "")
    prefix = topic.rpartition(":")[2].removesuffix("alarms")
    return bool(topic) and (alarm["AlarmName"].startswith(prefix) or topic in alarm.get("AlarmActions", ()))


def _measures(alarm: Mapping[str, Any], parts: set[str]) -> bool:
    metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
    dimensions = [
        *alarm.get("Dimensions", ()),
        *(each for metric in metrics for each in metric.get("Dimensions", ())),
    ]
    if parts & {each["Value"] for each in dimensions}:
        return True
    # A query names what it asks for: WHERE LoadBalancer = 'app/site/50dc6c495c0c9188'.
    queries = [each.get("Expression", "") for each in alarm.get("Metrics", ())]
    return any(f"'{name}'" in query for query in queries for name in parts)


def _parts(site: Site) -> Iterator[str]:
    """What a release touches, by its name in CloudWatch."""
    yield site.database
    yield from (each.name for each in site.environments)
    if not isinstance(site, Satellite):
        # The load balancer, whose name is a part of the ARNs of its rules.
        for arn in site.hold.args.rules.values():
            yield arn.partition(":listener-rule/")[2].rsplit("/", 2)[0]
