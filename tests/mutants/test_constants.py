"""Each constant that a test should hold is changed once, and nothing else of the source is."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tests.mutants.constants import mutants


def changes(source: str) -> list[str]:
    """What is changed into what, in the order of the source."""
    return [f"{each.before} -> {each.after}" for each in mutants("a.py", textwrap.dedent(source))]


@pytest.mark.parametrize(
    ("constant", "change"),
    [
        ("True", "True -> False"),
        ("3306", "3306 -> 3307"),
        ("0.5", "0.5 -> 1.5"),
        ("'60'", "'60' -> '61'"),
        ("'mysql'", "'mysql' -> 'mysqx'"),
        ("'/*'", "'/*' -> '/*changed'"),
        ("''", "'' -> 'changed'"),
    ],
)
def test_a_constant_becomes_another_of_its_kind(constant: str, change: str) -> None:
    assert changes(f"store = Store(name, size={constant})") == [change]


def test_a_part_of_an_f_string_is_a_constant() -> None:
    [mutant] = mutants("a.py", "arn = f'arn:aws:s3:::{bucket}'  # kept\n")
    assert mutant.source.endswith("  # kept\n")
    assert ast.unparse(ast.parse(mutant.source)) == "arn = f'arn:aws:sx:::{bucket}'"


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        'class A:\n    size: int\n    """In GiB."""',
        "raise ValueError(f'got {size}, expected 1')",
        "problem = Fault('path', 'what is wrong')",
        "aws.ec2.Vpc('vpc')",
        "super().__init__('magento:network:Network', name)",
        "Field(description='In GiB')",
        "zip(one, other, strict=True)",
        "@dataclass(frozen=True)\nclass A: ...",
        "def size(of: 'Disk') -> 'Size': ...",
    ],
)
def test_what_no_test_should_hold_is_left_out(source: str) -> None:
    assert changes(source) == []


def test_only_the_constant_is_changed() -> None:
    """Comments, spaces and letters outside ASCII stay as they are."""
    source = 'size = 1  # "é" as well\nlong = (\n    "one "\n    "two"\n)\n'
    assert [each.source for each in mutants("a.py", source)] == [
        source.replace("size = 1", "size = 2"),
        "size = 1  # \"é\" as well\nlong = (\n    'one twx'\n)\n",
    ]


def test_lines_are_those_of_the_constant() -> None:
    [mutant] = mutants("a.py", 'a = b\nc = (\n    "one "\n    "two"\n)\n')
    assert (mutant.first_line, mutant.last_line) == (3, 4)
