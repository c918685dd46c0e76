"""Which requests a rule is for: its conditions, between pulumi-aws's shape and AWS's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Nested, Shape

VALUES = {"values": "Values", "regexValues": "RegexValues"}
QUERY_STRING = Shape({"key": "Key", "value": "Value"})

CONDITION = Shape(
    {
        "hostHeader": Nested("HostHeaderConfig", Shape(VALUES)),
        "httpHeader": Nested("HttpHeaderConfig", Shape({"httpHeaderName": "HttpHeaderName", **VALUES})),
        "httpRequestMethod": Nested("HttpRequestMethodConfig", Shape({"values": "Values"})),
        "pathPattern": Nested("PathPatternConfig", Shape(VALUES)),
        "queryStrings": Nested("QueryStringConfig", QUERY_STRING, many=True),
        "sourceIp": Nested("SourceIpConfig", Shape({"values": "Values"})),
    }
)

FIELDS = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}
"""The ``Field`` that says which kind of condition it is."""


def problems(conditions: Sequence[Values] | None) -> Iterator[tuple[str, str]]:
    """What is wrong with a rule's conditions: ``(path, reason)``."""
    yield from CONDITION.unknown_keys(conditions, "conditions")
    for index, condition in enumerate(conditions or ()):
        if len(condition) != 1:
            expected = f"exactly one of {', '.join(sorted(FIELDS))}"
            yield f"conditions[{index}]", f"got {len(condition)} properties, expected {expected}"


def to_aws(conditions: Sequence[Values]) -> list[Values]:
    """The conditions as AWS takes them."""
    return [_to_aws(condition) for condition in conditions]


def from_aws(answers: Sequence[Mapping[str, Any]]) -> list[Values]:
    """The conditions as a program writes them."""
    return [_from_aws(answer) for answer in answers]


def _to_aws(condition: Values) -> Values:
    (kind,) = condition
    record = {"Field": FIELDS[kind], **CONDITION.to_aws(condition)}
    if kind == "queryStrings":
        # The one condition whose values are records, which pulumi-aws writes without the structure around them.
        record["QueryStringConfig"] = {"Values": record["QueryStringConfig"]}
    return record


def _from_aws(answer: Mapping[str, Any]) -> Values:
    record = dict(answer)
    if record["Field"] == "query-string":
        record["QueryStringConfig"] = record["QueryStringConfig"]["Values"]
    return CONDITION.from_aws(record)
