"""Nested records between pulumi-aws's spelling and AWS's."""

from __future__ import annotations

import pytest

from sandbox.provider.adapter import Values
from sandbox.provider.aws.blocks import Leaf, Nested, Shape

CLUSTER = Shape(
    {
        "kind": "InstanceType",
        "count": Leaf("InstanceCount", default=1),
        "key": Leaf("KmsKeyId", computed=True),
        "zones": Nested("ZoneConfig", Shape({"count": Leaf("ZoneCount", default=2)})),
        "user": Nested("MasterUser", Shape({"name": "Name", "password": "Password"}), write_only=True),
        "groups": Nested("Groups", Shape({"arn": "Arn", "weight": Leaf("Weight", default=1)}), many=True),
    }
)
ANSWER = {"InstanceType": "large", "InstanceCount": 1, "KmsKeyId": "k", "ZoneConfig": {"ZoneCount": 2}, "Groups": []}


def test_what_a_program_says_reaches_aws_in_its_spelling() -> None:
    """Nested records and lists of them too; what says nothing is left out."""
    said = {"kind": "large", "count": None, "zones": {"count": 3}, "groups": [{"arn": "a"}], "user": {"name": "root"}}
    assert CLUSTER.to_aws(said) == {
        "InstanceType": "large",
        "ZoneConfig": {"ZoneCount": 3},
        "Groups": [{"Arn": "a"}],
        "MasterUser": {"Name": "root"},
    }


def test_a_field_that_the_program_drops_goes_back_to_its_default() -> None:
    """AWS merges a structure into what it has: a field that is not sent would stay as it was."""
    before = {"kind": "small", "count": 3, "zones": {"count": 3}}
    assert CLUSTER.to_aws({"kind": "large", "zones": {}}, before) == {
        "InstanceType": "large",
        "InstanceCount": 1,
        "ZoneConfig": {"ZoneCount": 2},
    }


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ({}, {"kind": "large", "key": "k"}),
        ({"kind": "large"}, {"kind": "large"}),
        ({"kind": "small", "key": "other"}, {"kind": "large", "key": "k"}),
        ({"kind": "large", "count": 1}, {"kind": "large", "count": 1}),
        ({"kind": "large", "count": 4}, {"kind": "large", "count": 1}),
        ({"kind": "large", "zones": {}, "groups": []}, {"kind": "large", "zones": {}, "groups": []}),
        ({"kind": "large", "zones": {"count": 2}}, {"kind": "large", "zones": {"count": 2}}),
        ({"user": {"password": "x"}}, {"kind": "large", "user": {"password": "x"}}),
    ],
)
def test_defaults_are_read_only_where_the_program_says_them(said: Values, read_as: Values) -> None:
    """Two spellings of one configuration are no drift, and a real difference always shows."""
    assert CLUSTER.from_aws(ANSWER, said) == read_as


def test_members_of_a_list_keep_their_spelling_in_any_order() -> None:
    """Each record takes that of the member which means the same; one that no program wrote shows without defaults."""
    shape = Shape({"arn": "Arn", "weight": Leaf("Weight", default=1)})
    live = [{"Arn": "b", "Weight": 1}, {"Arn": "a", "Weight": 1}, {"Arn": "c", "Weight": 1}]
    said: list[Values] = [{"arn": "a", "weight": 1}, {"arn": "b"}]
    assert shape.many_from_aws(live, said) == [{"arn": "b"}, {"arn": "a", "weight": 1}, {"arn": "c"}]


def test_keys_that_no_field_names_are_reported_with_their_path() -> None:
    """Nothing nested is silently dropped, at any depth."""
    record = {"kind": "large", "sort": 1, "zones": {"number": 2}, "groups": [{"arn": "a"}, {"name": "b"}]}
    assert [path for path, _ in CLUSTER.unknown_keys(record, "cluster")] == [
        "cluster.sort",
        "cluster.zones.number",
        "cluster.groups[1].name",
    ]
