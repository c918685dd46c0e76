"""``./shop rules`` against an embedded AWS: a rebuilt back office is found, and the printed command mends it."""

from __future__ import annotations

import typer.testing

from reachability.rules import app
from sandbox.tests.emulator import beanstalk_site
from sandbox.tests.emulator.aws_process import REGION, EmbeddedAws

pytest_plugins = ["sandbox.tests.emulator.aws_fixtures"]


def asked() -> tuple[int, str]:
    """The exit code of the command, and what it prints."""
    result = typer.testing.CliRunner().invoke(app, ["--region", REGION])
    return result.exit_code, result.output


def test_a_rebuilt_back_office_is_found_and_put_back(aws_of_this_process: EmbeddedAws) -> None:
    aws = aws_of_this_process
    site = beanstalk_site.build(aws)
    site.create("prod-back-office", {"PathPatterns": "/backend*", "HostHeaders": "www.client.url", "Priority": "1"})
    site.create("prod-front", {"PathPatterns": "/*", "HostHeaders": "www.client.url", "Priority": "2"})
    assert asked() == (0, "All listener rules get requests.\n")

    site.beanstalk.rebuild_environment(EnvironmentName="prod-back-office")
    code, said = asked()
    assert code == 1
    assert "of prod-back-office gets no request, since rule 2 of prod-front takes all of them" in said
    _, _, command = said.partition("--rule-priorities ")
    priorities = [
        {"RuleArn": arn, "Priority": int(priority)}
        for each in command.split()
        for arn, priority in [each.removeprefix("RuleArn=").split(",Priority=")]
    ]
    aws.client("elbv2").set_rule_priorities(RulePriorities=priorities)
    assert asked() == (0, "All listener rules get requests.\n")
