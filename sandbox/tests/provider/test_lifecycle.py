"""Create, update and delete: what is asked of AWS, what the state then holds, and what survives a failure."""

from __future__ import annotations

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct

from sandbox.provider.adapter import ADAPTERS, Adapter, Aws, Cancelled, Values
from sandbox.provider.errors import ContractError
from sandbox.provider.protocol import provider_pb2
from sandbox.provider.servicer import InitFailedError
from sandbox.provider.values import UNKNOWN, decode, encode
from sandbox.tests.provider.provider_fake import TOKEN, FakeService, Made, Plugin, configured
from sandbox.tests.refusals import aws_refuses

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def create_raw(plugin: Plugin, news: Values, *, preview: bool = False) -> Struct:
    """The created properties as they are on the wire."""
    inputs, _ = plugin.check(news)
    request = provider_pb2.CreateRequest(type=plugin.type, properties=encode(inputs), preview=preview)
    return plugin.servicer.create(request).properties


def create_half(plugin: Plugin, news: Values) -> Made:
    """What the engine keeps of a resource whose creation was not finished."""
    inputs, _ = plugin.check(news)
    with pytest.raises(InitFailedError) as failure:
        plugin.servicer.create(provider_pb2.CreateRequest(type=plugin.type, properties=encode(inputs)))
    detail = failure.value.detail
    assert list(detail.reasons)
    return Made(id=detail.id, inputs=inputs, state=decode(detail.properties))


def test_a_previewed_creation_knows_its_inputs_and_nothing_that_aws_decides(plugin: Plugin, fake: FakeService) -> None:
    planned = plugin.plan_create({"size": 1, "tags": {"Name": "x"}})
    assert planned["size"] == 1
    assert planned["tagsAll"] == {"Name": "x"}
    assert {name for name, value in planned.items() if value == UNKNOWN} == {"arn", "revision", "token", "zone"}
    assert not fake.calls


def test_a_previewed_creation_knows_what_the_program_chose_itself(plugin: Plugin) -> None:
    assert plugin.plan_create({"size": 1, "zone": "zone-2"})["zone"] == "zone-2"


def test_a_created_resource_has_its_inputs_and_what_aws_decided(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1, "tags": {"Name": "x"}, "grace": 7})
    assert made.id == "q-1"
    assert made.state["arn"] == "arn:aws:sqs:eu-west-3:1:q-1"
    assert made.state["zone"] == "zone-1"
    assert made.state["region"] == "eu-west-3"
    assert made.state["grace"] == 7
    assert [operation for operation, _ in fake.calls] == ["CreateQueue", "ConfigureQueue", "DescribeQueue"]


def test_the_program_s_spelling_stays_in_the_state(plugin: Plugin, fake: FakeService) -> None:
    """Otherwise every output would differ from its input after the first refresh."""
    made = plugin.create({"size": 1, "subnets": ["b", "a"], "policy": '{"a": 1}'})
    fake.queues["q-1"] |= {"subnets": ["a", "b"], "policy": '{ "a":1 }'}
    refreshed = plugin.refresh(made)
    assert refreshed.state == made.state
    assert refreshed.inputs == made.inputs


def test_the_resource_s_own_region_is_where_it_is_made(plugin: Plugin) -> None:
    assert plugin.create({"size": 1, "region": "us-east-1"}).state["arn"] == "arn:aws:sqs:us-east-1:1:q-1"


def test_default_tags_are_on_the_resource_but_not_among_its_own(fake: FakeService) -> None:
    tagging = configured({"defaultTags": '{"tags": {"Client": "c", "System": "s"}}'})
    made = tagging.create({"size": 1, "tags": {"System": "own"}})
    assert fake.queues["q-1"]["tags"] == {"Client": "c", "System": "own"}
    assert made.state["tags"] == {"System": "own"}
    assert made.state["tagsAll"] == {"Client": "c", "System": "own"}


def test_ignored_tags_are_neither_seen_nor_removed(fake: FakeService) -> None:
    """Beanstalk tags a shared load balancer of ours: a refresh finds no drift, and retagging leaves the tag alone."""
    ignoring = configured({"ignoreTags": '{"keyPrefixes": ["elasticbeanstalk:"], "keys": ["CostCentre"]}'})
    made = ignoring.create({"size": 1, "tags": {"System": "own"}})
    theirs = {"elasticbeanstalk:count": "2", "CostCentre": "7"}
    fake.queues["q-1"]["tags"] |= theirs
    refreshed = ignoring.refresh(made)
    assert refreshed.inputs == made.inputs
    assert refreshed.state["tagsAll"] == {"System": "own"}
    ignoring.update(refreshed, {"size": 1, "tags": {"System": "other"}})
    assert fake.queues["q-1"]["tags"] == {"System": "other"} | theirs


def test_what_is_born_secret_is_marked_so_in_inputs_and_state(plugin: Plugin) -> None:
    """The state is to hold ciphertext even where the program forgot to mark the value."""
    state = create_raw(plugin, {"size": 1, "password": "hunter2"}).fields
    for name, value in (("password", "hunter2"), ("token", "t0ken")):
        assert dict(state[name].struct_value.items()) == SECRET | {"value": value}
    request = provider_pb2.CheckRequest(type=TOKEN, name="orders", news=encode({"size": 1, "password": "hunter2"}))
    checked = plugin.servicer.check(request).inputs.fields
    assert dict(checked["password"].struct_value.items()) == SECRET | {"value": "hunter2"}


def test_a_failed_creation_leaves_nothing_behind(plugin: Plugin, fake: FakeService) -> None:
    fake.failing = {"CreateQueue"}
    with aws_refuses("Throttled"):
        plugin.create({"size": 1})


@pytest.mark.parametrize("step", ["ConfigureQueue", "DescribeQueue"])
def test_what_was_made_is_remembered_when_a_later_step_fails(plugin: Plugin, fake: FakeService, step: str) -> None:
    """Forgetting it would leave it in AWS, unmanaged and billed, and the next run would make a second one."""
    fake.failing = {step}
    half = create_half(plugin, {"size": 1, "password": "hunter2"})
    assert half.id == "q-1"
    assert half.state["size"] == 1
    fake.failing = set()
    assert plugin.diff(half, {"size": 1}).changes == provider_pb2.DiffResponse.DIFF_SOME
    whole = plugin.update(half, {"size": 1, "password": "hunter2"})
    assert whole.state["arn"]
    assert "__unfinished" not in whole.state
    assert fake.calls[-2][0] == "ConfigureQueue"
    assert len(fake.queues) == 1


def test_outputs_that_were_never_read_are_unknown_while_the_resource_is_unfinished(
    plugin: Plugin, fake: FakeService
) -> None:
    """Absent they would be ``None`` to the program at preview, and only real at ``up``."""
    fake.failing = {"DescribeQueue"}
    half = create_half(plugin, {"size": 1})
    planned = plugin.update(half, {"size": 1}, preview=True).state
    assert planned["arn"] == planned["zone"] == UNKNOWN


def test_an_unfinished_resource_stays_unfinished_through_a_refresh(plugin: Plugin, fake: FakeService) -> None:
    fake.failing = {"ConfigureQueue"}
    half = create_half(plugin, {"size": 1})
    assert plugin.refresh(half).state["__unfinished"] is True


def test_ctrl_c_while_a_resource_becomes_ready_keeps_it(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    def configure(self: Adapter, aws: Aws, id: str, inputs: Values) -> None:
        plugin.servicer.cancel(Empty())
        aws.wait("the queue", lambda: False)

    monkeypatch.setattr(type(ADAPTERS[TOKEN]), "configure", configure)
    half = create_half(plugin, {"size": 1})
    assert half.id == "q-1"


def test_an_adapter_that_reads_what_it_does_not_declare_is_refused(plugin: Plugin, fake: FakeService) -> None:
    """An undeclared output would not be unknown at preview: the program would see ``None`` and carry on."""
    made = plugin.create({"size": 1})
    fake.queues["q-1"]["surprise"] = 1
    with pytest.raises(ContractError, match="'surprise'"):
        plugin.refresh(made)


def test_an_update_asks_for_what_changed_and_nothing_else(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1, "note": "n", "tags": {"Name": "x", "Old": "o"}})
    fake.calls.clear()
    updated = plugin.update(made, {"size": 2, "note": "n", "grace": 7, "tags": {"Name": "y", "New": "n"}})
    assert ("UpdateQueue", frozenset({"size"})) in fake.calls
    assert ("TagQueue", ({"Name": "y", "New": "n"}, ["Old"])) in fake.calls
    assert updated.state["size"] == 2
    assert updated.state["revision"] == 2
    assert updated.state["grace"] == 7
    assert updated.state["tagsAll"] == {"Name": "y", "New": "n"}


@pytest.mark.parametrize("change", [{"grace": 7}, {"tags": {"Name": "y"}}], ids=str)
def test_a_change_that_is_not_the_adapter_s_does_not_reach_its_update(
    plugin: Plugin, fake: FakeService, change: Values
) -> None:
    plugin.update(plugin.create({"size": 1}), {"size": 1} | change)
    assert "UpdateQueue" not in [operation for operation, _ in fake.calls]


def test_a_removed_input_is_gone_from_the_state(plugin: Plugin) -> None:
    updated = plugin.update(plugin.create({"size": 1, "note": "n"}), {"size": 1})
    assert "note" not in updated.state


def test_a_previewed_update_keeps_known_outputs_and_asks_nothing(plugin: Plugin, fake: FakeService) -> None:
    """What depends on the resource's ARN is not to show as changed; what any update may change is unknown."""
    made = plugin.create({"size": 1, "note": "n"})
    fake.calls.clear()
    planned = plugin.update(made, {"size": 2, "password": UNKNOWN}, preview=True).state
    assert planned["arn"] == made.state["arn"]
    assert planned["size"] == 2
    assert "note" not in planned
    assert {name for name, value in planned.items() if value == UNKNOWN} == {"revision", "password"}
    assert not fake.calls


def test_a_failed_update_is_tried_again_from_the_old_state(plugin: Plugin, fake: FakeService) -> None:
    """A plain error: with a partial one the engine would take the new inputs for done and never come back to them."""
    made = plugin.create({"size": 1})
    fake.failing = {"UpdateQueue"}
    with aws_refuses("Throttled"):
        plugin.update(made, {"size": 2})


def test_deleting_what_is_gone_already_is_success(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    plugin.delete(made)
    assert not fake.queues
    plugin.delete(made)


def test_a_refused_deletion_is_an_error(plugin: Plugin, fake: FakeService) -> None:
    made = plugin.create({"size": 1})
    fake.failing = {"DeleteQueue"}
    with aws_refuses("Throttled", "no DeleteQueue today"):
        plugin.delete(made)


def test_after_ctrl_c_nothing_further_is_begun(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    def create(self: Adapter, aws: Aws, inputs: Values) -> str:
        plugin.servicer.cancel(Empty())
        aws.client("sqs")
        return "never"

    monkeypatch.setattr(type(ADAPTERS[TOKEN]), "create", create)
    with pytest.raises(Cancelled):
        plugin.create({"size": 1})
