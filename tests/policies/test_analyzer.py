"""What holds for every rule: broken ones, messages, secrets, levels, exceptions, and the pack's own directory."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pulumi_aws as aws
import pytest
from google.protobuf import empty_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel, PolicyConfigSchema, Severity, deserialize

from policies.engine import analyzer as analyzer_module
from policies.engine import exceptions as exceptions_module
from policies.engine import stack_permissions
from policies.engine.analyzer import Analyzer
from policies.engine.catalogue import RULES
from policies.engine.exceptions import Exceptions, PolicyException
from policies.engine.outcome import Journal, Outcome, Status, read_journal
from policies.engine.server import serve
from policies.generated import generate
from policies.generated.aws_types import ec2
from policies.model.expiry import today
from policies.model.properties import Absent, Known, Properties, Reading, Unknown
from policies.model.resources import Resource, Stack
from policies.model.rule import (
    Config,
    Environment,
    Findings,
    OnUnknown,
    PolicyConfigError,
    Remedy,
    ResourceRule,
    Rule,
    Sources,
    StackRule,
    Undecided,
    Violation,
)
from policies.rules.operations import pack
from policies.rules.operations.pack import ENVIRONMENT_DECLARED
from tests.policies.analyzer import (
    UNKNOWN,
    Diagnostic,
    analyze,
    analyzer,
    configuration,
    fired,
    node,
    remedied,
    secret,
    trial,
)
from tests.unit.wire import struct_of

PACK = Path(__file__).resolve().parents[2] / "policies"
VPC = node(aws.ec2.Vpc, "vpc", cidrBlock="10.0.0.0/16", tags={"Name": secret("hunter2"), "Other": UNKNOWN})


def _named(resource: Resource, _: Config) -> Findings:
    match resource.properties.read("tags", "Other"):
        case Known(value):
            yield Violation(resource=resource, got=f"Other {value}", expected="none", part=f"Other {value}")
        case Unknown():
            yield Undecided(resource=resource, path="tags.Other")


def _broken(resource: Resource, _: Config) -> Findings:
    match resource.properties.read("tags", "Name"):
        case Known(value):
            raise ValueError(f"cannot make sense of {value}")
    yield from ()


def _broken_stack(resource: Resource, _: Stack, config: Config) -> Findings:
    yield from _broken(resource, config)


RULE = ResourceRule(
    id="example",
    severity=Severity.LOW,
    why="Because.",
    fix="do it.",
    sources=Sources(fsbp=("EC2.1",), pci=("1.1", "1.2")),
    level=EnforcementLevel.MANDATORY,
    applies_to=(ec2.Vpc,),
    check=_named,
)
BROKEN_STACK_RULE = StackRule(
    id="example-of-stacks",
    severity=Severity.LOW,
    why="So.",
    fix="do it.",
    sources=Sources(other="Nowhere"),
    applies_to=(ec2.Vpc,),
    check=_broken_stack,
)
EXCEPTION = PolicyException(
    policy="example",
    stack="test",
    resource="ec2.Vpc 'vpc'",
    part="",
    reason="the client accepts this for now",
    owner="Ada",
    expires=today(),
)
WRONG = VPC.but(tags={"Other": "x"})


@pytest.mark.parametrize("level", [EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY])
@pytest.mark.parametrize(
    "rule", [dataclasses.replace(RULE, check=_broken), BROKEN_STACK_RULE], ids=lambda rule: rule.id
)
def test_a_broken_rule_is_refused_and_the_others_go_on(rule: Rule, level: EnforcementLevel) -> None:
    """Even an advisory rule that raises gives a mandatory diagnostic with its name, without the exception's text."""
    other = dataclasses.replace(RULE, id="other-example")
    result = trial([VPC], rules=[dataclasses.replace(rule, level=level), other])
    assert fired(result.diagnostics) == {(rule.id, "vpc"), ("other-example", "vpc")}
    (message,) = (diagnostic.message for diagnostic in result.diagnostics if diagnostic.rule == rule.id)
    assert re.search(
        rf"ec2.Vpc 'vpc': got ValueError at test_analyzer.py:\d+ from the rule {rule.id}, expected", message
    )
    assert "hunter2" not in message
    assert Status.BROKEN in {outcome.status for outcome in result.outcomes}


def test_a_message_is_made_of_full_sentences() -> None:
    """It names the resource, what it has, what it must have, the fix, the id, the severity and the sources."""
    (diagnostic,) = analyze([WRONG], rules=[RULE])
    assert diagnostic.message == (
        "Because.\nec2.Vpc 'vpc': got Other x, expected none. Fix: do it. [example, low; FSBP EC2.1; PCI DSS 1.1, 1.2]"
    )


def test_a_secret_is_never_printed() -> None:
    """Not even by a rule that puts it into its message: the pack knows what the engine marked, and blots it out."""
    (diagnostic,) = analyze([VPC.but(tags={"Other": secret("hunter2")})], rules=[RULE])
    assert "got Other [secret], expected" in diagnostic.message


def test_an_unknown_value_fails_or_gives_a_warning() -> None:
    """The rule decides whether an unknown property is a violation, or a warning that names the property."""
    assert fired(analyze([VPC], rules=[RULE])) == {("example", "vpc")}
    (diagnostic,) = analyze([VPC], rules=[dataclasses.replace(RULE, on_unknown=OnUnknown.DEFER)])
    assert diagnostic.level is EnforcementLevel.ADVISORY
    assert "got tags.Other, which is unknown until the update, expected a known value." in diagnostic.message


class TestExceptions:
    """An exception covers what it names, until its last day, and must be needed."""

    RULES = (RULE, *pack.RULES)

    def said(self, *nodes: object, **changes: object) -> list[Diagnostic]:
        exception = dataclasses.replace(EXCEPTION, **changes)  # type: ignore[arg-type]  # a test names fields
        return analyze(nodes or [WRONG], rules=self.RULES, exceptions=[exception])  # type: ignore[arg-type]

    def test_it_allows_its_violation_with_a_warning(self) -> None:
        """Every run prints it, with the reason and the owner."""
        (diagnostic,) = self.said()
        assert diagnostic.level is EnforcementLevel.ADVISORY
        assert "Excepted by Ada until" in diagnostic.message

    @pytest.mark.parametrize(
        "changes",
        [{"stack": "other"}, {"part": "Other y"}, {"resource": "ec2.Vpc 'another'"}],
        ids=lambda c: next(iter(c)),
    )
    def test_it_covers_nothing_else(self, changes: dict[str, str]) -> None:
        """Another stack, another resource or another part of the same one stay refused."""
        assert ("example", "vpc") in fired(self.said(**changes))

    def test_it_covers_the_part_that_it_names(self) -> None:
        """An exception can cover one of several violations on a resource."""
        assert not fired(self.said(part="Other x"))

    def test_one_that_nothing_needs_fails(self) -> None:
        """Fixed, or gone: the exception has to go too."""
        assert fired(self.said(VPC.but(tags={}))) == {("exceptions-valid", "magento-test")}
        assert fired(self.said(node(aws.ec2.Vpc, "new-vpc"))) == {("exceptions-valid", "magento-test")}

    def test_one_whose_rule_could_not_decide_is_not_called_needless(self) -> None:
        """At preview it is not known yet whether it is needed."""
        deferring = dataclasses.replace(RULE, on_unknown=OnUnknown.DEFER)
        assert not fired(analyze([VPC], rules=[deferring, *pack.RULES], exceptions=[EXCEPTION]))

    def test_a_second_run_counts_anew(self) -> None:
        """One process evaluates the preview and the update of an `up`: an exception must be used in each."""
        pack_ = analyzer(self.RULES, exceptions=[EXCEPTION])
        assert not fired(trial([WRONG], pack_).diagnostics)
        assert fired(trial([VPC.but(tags={})], pack_).diagnostics) == {("exceptions-valid", "magento-test")}


FIELDS = {
    "policy": "example",
    "stack": "prod",
    "resource": "ec2.Vpc 'vpc'",
    "reason": "the client accepts this for now",
    "owner": "Ada",
    "expires": "2027-01-31",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": ""}, "exceptions.yaml[0]: got no reason, expected one"),
        ({"reason": "legacy"}, "exceptions.yaml[0].reason: got 'legacy', expected at least 20 characters"),
        ({"owner": None}, "exceptions.yaml[0]: got no owner, expected one"),
        ({"expires": "soon"}, "exceptions.yaml[0].expires: got 'soon', expected a date such as"),
        ({"expires": "2999-01-01"}, "exceptions.yaml[0].expires: got 2999-01-01, expected "),
        ({"policy": "exmaple"}, "exceptions.yaml[0].policy: got exmaple, expected a rule of this pack"),
        ({"until": "2027-01-31"}, "exceptions.yaml[0]: got until, expected only policy, "),
        ({"owner": None, "ownr": "Ada"}, "exceptions.yaml[0]: got ownr, expected only policy, "),
    ],
)
def test_a_bad_exception_stops_the_run_by_its_number(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """A short reason, a day too far, a rule that does not exist: one clear error before anything is evaluated."""
    file = tmp_path / "exceptions.yaml"
    file.write_text(json.dumps([{**FIELDS, **change}]))
    with pytest.raises(PolicyConfigError, match=re.escape(message)):
        Exceptions.read(file, rules=[RULE])


def test_exceptions_are_read_as_they_are_written(tmp_path: Path) -> None:
    """A day may have quotes or not, and an empty file has no exceptions."""
    file = tmp_path / "exceptions.yaml"
    file.write_text("- {" + ", ".join(f'{name}: "{value}"' for name, value in FIELDS.items()) + "}")
    (entry,) = Exceptions.read(file, rules=[RULE]).entries
    assert (entry.owner, entry.expires.isoformat(), entry.part) == ("Ada", "2027-01-31", "")
    file.write_text("")
    assert not Exceptions.read(file, rules=[RULE]).entries


class TestLevels:
    """A rule's level depends on the environment, and can be set on the command line."""

    PREPROD = dataclasses.replace(WRONG, urn=WRONG.urn.replace(":test::", ":preprod::"))
    MEDIUM = dataclasses.replace(RULE, id="sample", severity=Severity.MEDIUM, level=None)

    def test_severity_decides_in_production(self) -> None:
        """All but low is mandatory; a stack of an unknown name is evaluated as production."""
        for severity in Severity:
            rule = dataclasses.replace(self.MEDIUM, severity=severity)
            assert bool(fired(analyze([WRONG], rules=[rule]))) == (severity is not Severity.LOW)

    def test_preproduction_has_its_own(self) -> None:
        """Medium is advisory there, and rules about what only production pays for are disabled."""
        assert self.MEDIUM.level_in(Environment.PREPROD) is EnforcementLevel.ADVISORY
        alone = dataclasses.replace(self.MEDIUM, severity=Severity.CRITICAL, production_only=True)
        assert alone.level_in(Environment.PREPROD) is EnforcementLevel.DISABLED

    def test_the_stacks_own_file_counts_unless_one_is_given(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """`policies/<stack>.json` is read by the stack's name; a file given with --policy-pack-config goes first."""
        (tmp_path / "preprod.json").write_text(json.dumps({"sample": "advisory"}))
        monkeypatch.setattr("policies.engine.levels.DIRECTORY", tmp_path)
        assert fired(analyze([WRONG], rules=[self.MEDIUM]))
        assert not fired(analyze([self.PREPROD], rules=[self.MEDIUM]))
        assert fired(analyze([self.PREPROD], rules=[self.MEDIUM], levels={"sample": EnforcementLevel.MANDATORY}))

    def test_a_file_of_another_environment_is_refused(self) -> None:
        """Production cannot be evaluated with pre-production's levels."""
        config = {ENVIRONMENT_DECLARED: {"stacks": ["preprod"]}}
        assert fired(analyze([VPC.but(tags={})], rules=[RULE, *pack.RULES], config=config)) == {
            (ENVIRONMENT_DECLARED, "magento-test")
        }

    def test_levels_that_are_for_no_stack_are_refused(self) -> None:
        """A file that lowers a level must say where."""
        request = configuration([RULE], {}, {"example": EnforcementLevel.ADVISORY})
        del request.policyConfig[ENVIRONMENT_DECLARED]
        with pytest.raises(PolicyConfigError, match="got levels for example, expected the stacks"):
            analyzer([RULE]).Configure(request, None)


def test_config_that_a_rule_does_not_know_is_refused() -> None:
    """The engine lets a misspelt property pass in silence."""
    rule = dataclasses.replace(RULE, config_schema=PolicyConfigSchema(properties={"limit": {"type": "integer"}}))
    with pytest.raises(PolicyConfigError, match="the config of example: got limt, expected only limit"):
        analyze([WRONG], rules=[rule], config={"example": {"limt": 1}})


def test_a_remediation_keeps_secrets_secret() -> None:
    """Only the property that it sets changes in the engine's message: a secret goes back marked as one."""
    rule = dataclasses.replace(RULE, remedy=Remedy(path=("enableDnsSupport",), value=True))
    pack_ = analyzer([rule], levels={"example": EnforcementLevel.REMEDIATE})
    fixed = remedied(pack_, VPC)
    assert fixed
    assert fixed.properties == {**VPC.properties, "enableDnsSupport": True}
    assert remedied(pack_, fixed) is None
    assert remedied(analyzer([rule]), VPC) is None


def test_a_journal_holds_what_reports_are_made_from(tmp_path: Path) -> None:
    """Every outcome, passed ones too, and that the whole stack was evaluated."""
    file = tmp_path / "journal"
    trial([WRONG], analyzer([RULE], journal=Journal(str(file))))
    outcomes, evaluated = read_journal(file)
    assert outcomes == [
        Outcome(
            policy="example",
            status=Status.FAILED,
            urn=VPC.urn,
            resource="ec2.Vpc 'vpc'",
            message=outcomes[0].message,
            part="Other x",
        )
    ]
    assert [each.stack for each in evaluated] == ["test"]


WIRE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | inner.map(secret)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), WIRE, max_size=4))
def test_properties_read_as_the_sdk_reads_them(values: dict[str, object]) -> None:
    """Reading the engine's message straight gives what the SDK's own decoding gives, and knows what is secret."""
    struct = struct_of(values)
    properties = Properties(struct)
    assert {name: _plain(properties.read(name)) for name in properties} == deserialize.deserialize_properties(values)


def _plain(reading: Reading) -> object:
    match reading:
        case Known(Properties() as properties):
            return {name: _plain(properties.read(name)) for name in properties}
        case Known(tuple() as elements):
            return [_plain(each) for each in elements]
        case Known(value):
            return value
        case Absent():
            return None
    raise AssertionError(reading)


def test_a_rule_is_a_complete_value() -> None:
    """Ids are unique and printable, and every rule says why, how to fix it, and where it comes from."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
        assert rule.why.endswith(".")
        assert ". " not in rule.why, f"{rule.id}: why is one sentence"
        assert rule.fix.endswith(".")
        assert str(rule.sources)


def test_generated_files_are_up_to_date() -> None:
    """Types, levels and the page of coverage are what `python -m policies.generated.generate` would write."""
    for path, text in generate.files().items():
        assert path.read_text() == text, path.name


def test_the_pack_serves_every_rule() -> None:
    """Started as the engine starts it, the directory prints a port and offers the catalogue and the stacks' config."""
    with subprocess.Popen([sys.executable, str(PACK)], stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout
            address = f"127.0.0.1:{int(served.stdout.readline())}"
            with grpc.insecure_channel(address) as channel:
                stub = analyzer_pb2_grpc.AnalyzerStub(channel)
                info = stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
        finally:
            served.kill()
    assert (info.name, info.supportsConfig) == ("magento", True)
    assert [policy.name for policy in info.policies] == [rule.id for rule in RULES]
    assert set(info.initialConfig) == set(stack_permissions.initial_config())


def test_a_pack_that_cannot_start_says_why_in_one_line() -> None:
    """A slip in `exceptions.yaml` ended in 15 lines of Python, the last of which had it."""

    def make() -> Analyzer:
        raise PolicyConfigError("exceptions.yaml[0]: got no owner, expected one")

    with pytest.raises(SystemExit) as ended:
        serve(make)
    assert ended.value.code == "error: exceptions.yaml[0]: got no owner, expected one"


def test_another_version_of_the_sdk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The analyzer extends a private class of the SDK, so the version must be the tested one."""
    monkeypatch.setattr(analyzer_module, "VERSION", "9.9.9")
    with pytest.raises(ImportError, match=r"pulumi-policy: got version 9\.9\.9, expected "):
        analyzer([RULE])


def test_no_module_hides_one_of_the_standard_library() -> None:
    """The engine puts the pack's directory first on the path, where a secrets.py would hide Python's own."""
    assert not {path.stem for path in PACK.glob("*.py")} & sys.stdlib_module_names


def test_the_shipped_exceptions_are_valid() -> None:
    """The file can be read, by the rules that there are."""
    assert Exceptions.read(exceptions_module.FILE, rules=RULES)
