"""The engine's report, folded; the lines are the shape that Pulumi 3.259.0 prints with `--json`."""

from __future__ import annotations

import json

from sandbox.commands.engine_events import Tally

_VPC = "urn:pulumi:prod::magento::magento:network:Network$aws:ec2/vpc:Vpc::magento"
_STACK = "urn:pulumi:prod::magento::pulumi:pulumi:Stack::magento-prod"


def _tally(*events: dict[str, object]) -> Tally:
    tally = Tally()
    for event in events:
        tally.add_line(json.dumps({"sequence": 0, "timestamp": 1795411679, **event}) + "\n")
    return tally


def _diagnostic(severity: str, message: str, urn: str = "") -> dict[str, object]:
    return {"diagnosticEvent": {"severity": severity, "message": message, "color": "never", "urn": urn}}


def _summary(changes: dict[str, int] | None) -> dict[str, object]:
    return {"summaryEvent": {"resourceChanges": changes, "durationSeconds": 1, "result": "succeeded"}}


def test_an_error_is_kept_whole_with_the_resource_that_it_is_about() -> None:
    """Nobody has to look for the rest of a message in a log."""
    message = "creating VPC:\n  the limit\n  of 5 is reached <{%reset%}>"
    tally = _tally(_diagnostic("error", message, _VPC), _diagnostic("error", "update failed\n", _STACK))
    assert tally.errors == [
        "aws:ec2/vpc:Vpc magento: creating VPC:\n  the limit\n  of 5 is reached",
        "update failed",
    ]


def test_debug_messages_are_dropped() -> None:
    """They are sent with `--json` whether asked for or not, and hold secrets in plain text."""
    tally = _tally(_diagnostic("debug", 'string_value: "the password"'))
    assert "the password" not in repr(tally)


def test_warnings_and_printed_lines_are_told_apart() -> None:
    """A policy exception that the program prints is no warning of the engine's."""
    tally = _tally(
        _diagnostic("warning", "careful\n"), _diagnostic("info", "hello\n\n"), _diagnostic("info#err", " \n")
    )
    assert (tally.warnings, tally.messages) == (["careful"], ["hello"])


def test_a_policy_violation_names_its_rule_and_resource() -> None:
    """What to mend, and whether it stops the run."""
    event = {
        "policyName": "rds-private",
        "enforcementLevel": "mandatory",
        "message": "Make it private.",
        "resourceUrn": _VPC,
    }
    assert _tally({"policyEvent": event}).policy_violations == [
        "[mandatory] rds-private: aws:ec2/vpc:Vpc magento\nMake it private."
    ]


def test_what_policies_let_pass_is_told_apart() -> None:
    """An exception is told in one line, without the rule's own reason, and is no violation."""
    event = {
        "policyName": "https",
        "enforcementLevel": "advisory",
        "message": "Plain text is read by everybody.\nlb.Listener 'pim' has HTTP. Excepted by Ada until 2028-06-30.",
        "resourceUrn": _VPC,
    }
    tally = _tally({"policyEvent": event})
    assert tally.policy_notes == ["https: lb.Listener 'pim' has HTTP. Excepted by Ada until 2028-06-30."]
    assert not tally.policy_violations


def test_a_policy_is_satisfied_when_nothing_fails_it() -> None:
    """One resource that fails a policy is enough for it not to be counted, however many pass."""
    tally = _tally(
        {"policyAnalyzeSummaryEvent": {"passed": ["private", "https"]}},
        {"policyAnalyzeSummaryEvent": {"passed": ["private"], "failed": ["https"]}},
        {"policyAnalyzeSummaryEvent": {"passed": ["https"]}},
        {"policyAnalyzeStackSummaryEvent": {"passed": ["tagged"]}},
    )
    assert tally.policies_satisfied == {"private", "tagged"}


def test_resources_that_stay_as_they_are_are_no_changes() -> None:
    """The second `make sandbox` says that it changed nothing, whatever it had to look at."""
    tally = _tally({"preludeEvent": {"config": {}}}, _summary({"same": 40, "read": 2}))
    assert (tally.begun, tally.finished, tally.changed, tally.done) == (True, True, {}, 42)


def test_the_summary_replaces_what_was_counted_on_the_way() -> None:
    """The engine's count is the true one; ours is for showing that something moves."""
    done: dict[str, object] = {
        "resOutputsEvent": {"metadata": {"op": "create", "urn": _VPC, "type": "aws:ec2/vpc:Vpc"}}
    }
    on_the_way = _tally(done, done)
    assert (on_the_way.done, on_the_way.finished) == (2, False)
    assert _tally(done, done, _summary({"create": 3})).changed == {"create": 3}
    assert _tally(done, _summary(None)).changed == {}
