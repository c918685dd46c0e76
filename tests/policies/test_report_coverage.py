"""The page of all rules lists every rule, and claims no control that no rule serves."""

from __future__ import annotations

import re
import subprocess
import sys

import yaml

from policies.engine.catalogue import AREAS, RULES, area_names
from policies.generated.coverage import GAPS, page, standards
from tests.unit.program import ROOT


def test_every_rule_is_of_one_area() -> None:
    """In the catalogue's order; a file of rules that the catalogue forgets would be missed here."""
    listed = [rule.id for area in AREAS for rule in area.rules]
    assert listed == [rule.id for rule in RULES]
    assert set(area_names()) == set(listed)
    assert all(area.about for area in AREAS)


def test_every_rule_is_on_the_page_with_its_levels() -> None:
    """One row each, in the table of its area."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \| .* \| (\S+) \| (\S+) \|$", page(), re.MULTILINE)
    assert [(id, severity) for id, severity, *_ in rows] == [(rule.id, rule.severity.value) for rule in RULES]
    levels = {id: (prod, preprod) for id, _, prod, preprod in rows}
    assert levels["rds-private"] == ("**mandatory**", "**mandatory**")
    assert levels["rds-multi-az"] == ("**mandatory**", "–")


def test_what_is_said_to_be_served_is_served() -> None:
    """Each control by the rules whose sources name it; none of them is among those that no rule serves."""
    sources = {rule.id: rule.sources for rule in RULES}
    for standard, key in zip(standards(), ("pci", "cis", "fsbp"), strict=True):
        for control, rules in standard.served:
            assert all(control in getattr(sources[rule], key) for rule in rules)
        assert sum(len(rules) for _, rules in standard.served) == sum(
            len(set(getattr(each, key))) for each in sources.values()
        )
        assert not {gap.control for gap in standard.gaps} & {control for control, _ in standard.served}


def test_every_gap_has_its_reason() -> None:
    """A sentence, and one of three kinds."""
    content = yaml.safe_load(GAPS.read_text())
    for key in ("fsbp", "cis", "pci"):
        for gap in content[key]:
            assert gap["why"] in {"out of the stack", "not used", "accepted"}, gap
            assert gap["reason"].endswith("."), gap


def test_the_page_says_which_part_of_a_control_is_served() -> None:
    """For the controls that AWS's own check fails, though a rule serves them."""
    [fsbp] = [each for each in standards() if each.name.startswith("AWS")]
    assert {each.control for each in fsbp.partly} == {
        "ElasticBeanstalk.2",
        "CloudWatch.16",
        "S3.17",
        "Opensearch.11",
    }
    served = page().split("AWS's own check of them fails:")[1].split("No rule serves")[0]
    assert all(f"| {each.control} | {each.reason} |" in served for each in fsbp.partly)
    assert len(fsbp.partly) == len(yaml.safe_load(GAPS.read_text())["partly"])


def test_an_id_that_nobody_could_read_again_is_marked() -> None:
    for standard in standards():
        served = dict(standard.served)
        assert all(f"| {control}† | `{served[control][0]}`" in page() for control in standard.unconfirmed)
    assert "| S3.17 | `s3-encrypted` |" in page()
    for key, controls in yaml.safe_load(GAPS.read_text())["unconfirmed"].items():
        assert set(controls) <= {control for rule in RULES for control in getattr(rule.sources, key)}


def test_the_pack_starts_without_what_only_reports_need() -> None:
    """Its start is a part of every preview."""
    program = (
        "import sys\n"
        "from policies.engine import analyzer, catalogue, server, stack_permissions\n"
        "print(sorted({'jinja2', 'junitparser', 'rich', 'typer', 'policies.report'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
