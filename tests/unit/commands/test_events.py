"""The engine's report, folded; the lines are the shape that Pulumi 3.259.0 prints with `--json`."""

from __future__ import annotations

import json

from commands.events import EngineEvents, Step

_VPC = "urn:pulumi:prod::magento::magento:network:Network$aws:ec2/vpc:Vpc::magento"
_STACK = "urn:pulumi:prod::magento::pulumi:pulumi:Stack::magento-prod"


def _collected(*events: dict[str, object]) -> EngineEvents:
    collected = EngineEvents()
    for event in events:
        collected.add_line(json.dumps({"sequence": 0, "timestamp": 1795411679, **event}) + "\n")
    return collected


def _diagnostic(severity: str, message: str, urn: str = "") -> dict[str, object]:
    return {"diagnosticEvent": {"severity": severity, "message": message, "color": "never", "urn": urn}}


def _summary(changes: dict[str, int] | None) -> dict[str, object]:
    return {"summaryEvent": {"resourceChanges": changes, "durationSeconds": 1, "result": "succeeded"}}


def test_an_error_is_kept_whole_with_the_resource_that_it_is_about() -> None:
    """You do not have to look for the rest of a message in a log."""
    message = "creating VPC:\n  the limit\n  of 5 is reached <{%reset%}>"
    events = _collected(_diagnostic("error", message, _VPC), _diagnostic("error", "update failed\n", _STACK))
    assert events.errors == [
        "aws:ec2/vpc:Vpc magento: creating VPC:\n  the limit\n  of 5 is reached",
        "update failed",
    ]


def test_debug_messages_are_dropped() -> None:
    """They are sent with `--json` whether asked for or not, and hold secrets in plain text."""
    events = _collected(_diagnostic("debug", 'string_value: "the password"'))
    assert "the password" not in repr(events)


def test_warnings_and_printed_lines_are_kept_apart() -> None:
    """What the program prints is not a warning of the engine."""
    events = _collected(
        _diagnostic("warning", "careful\n"), _diagnostic("info", "hello\n\n"), _diagnostic("info#err", " \n")
    )
    assert (events.warnings, events.messages) == (["careful"], ["hello"])


def test_a_policy_violation_names_its_rule_and_resource() -> None:
    """What to fix, and whether it stops the run."""
    event = {
        "policyName": "rds-private",
        "enforcementLevel": "mandatory",
        "message": "Make it private.",
        "resourceUrn": _VPC,
    }
    assert _collected({"policyEvent": event}).policy_violations == [
        "[mandatory] rds-private: aws:ec2/vpc:Vpc magento\nMake it private."
    ]


def test_what_policies_let_pass_is_a_warning() -> None:
    """An exception is a warning of one line, without the rule's own reason."""
    event = {
        "policyName": "https",
        "enforcementLevel": "advisory",
        "message": "Plain text is read by everybody.\nlb.Listener 'pim' has HTTP. Excepted by Ada until 2028-06-30.",
        "resourceUrn": _VPC,
    }
    events = _collected({"policyEvent": event})
    assert events.policy_warnings == ["https: lb.Listener 'pim' has HTTP. Excepted by Ada until 2028-06-30."]
    assert not events.policy_violations


def test_a_policy_is_satisfied_when_nothing_fails_it() -> None:
    """One resource that fails a policy is enough for it not to be counted, however many pass."""
    events = _collected(
        {"policyAnalyzeSummaryEvent": {"passed": ["private", "https"]}},
        {"policyAnalyzeSummaryEvent": {"passed": ["private"], "failed": ["https"]}},
        {"policyAnalyzeSummaryEvent": {"passed": ["https"]}},
        {"policyAnalyzeStackSummaryEvent": {"passed": ["tagged"]}},
    )
    assert events.policies_satisfied == {"private", "tagged"}


def test_resources_that_stay_as_they_are_are_no_changes() -> None:
    """The second `make sandbox` says that it changed nothing, whatever it had to look at."""
    events = _collected({"preludeEvent": {"config": {}}}, _summary({"same": 40, "read": 2}))
    assert (events.begun, events.finished, events.changed, events.done) == (True, True, {}, 42)


def test_the_summary_replaces_what_was_counted_on_the_way() -> None:
    """The engine's count is the true one; ours is for showing that something moves."""
    done: dict[str, object] = {
        "resOutputsEvent": {"metadata": {"op": "create", "urn": _VPC, "type": "aws:ec2/vpc:Vpc"}}
    }
    on_the_way = _collected(done, done)
    assert (on_the_way.done, on_the_way.finished) == (2, False)
    assert _collected(done, done, _summary({"create": 3})).changed == {"create": 3}
    assert _collected(done, _summary(None)).changed == {}


def test_steps_keep_what_is_replaced_and_why_and_nothing_else() -> None:
    """Old and new values may be secrets."""
    step = {"op": "replace", "urn": _VPC, "type": "aws:ec2/vpc:Vpc", "keys": ["cidrBlock"], "old": {"id": "secret"}}
    events = _collected({"resourcePreEvent": {"metadata": step}})
    assert events.steps == [Step(operation="replace", urn=_VPC, type="aws:ec2/vpc:Vpc", keys=("cidrBlock",))]
    assert "secret" not in repr(events)


def test_a_line_that_is_no_event_is_left_out() -> None:
    """The CLI prints a few lines before the engine begins."""
    events = EngineEvents()
    events.add_line("Previewing update (prod):\n")
    assert events == EngineEvents()
