"""The unit-test harness itself: what a graph says about a small program of its own."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from tests.unit import cloud
from tests.unit.graph import STACK_REFERENCE, Graph
from tests.unit.program import UnknownStackError, build


class _Shop(pulumi.ComponentResource):
    """A component with one of everything that the harness must carry: wiring, a number, a secret, a secret output."""

    endpoint: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        super().__init__("magento:index:Shop", name, {})
        opts = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(f"{name}-vpc", cidr_block="10.0.0.0/16", tags={"System": "network"}, opts=opts)
        aws.ec2.Subnet(f"{name}-subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", opts=opts)
        password = random.RandomPassword(f"{name}-password", length=20, opts=opts)
        database = aws.rds.Instance(
            f"{name}-database",
            instance_class="db.r8g.large",
            port=3306,
            password=password.result,
            opts=pulumi.ResourceOptions(parent=self, protect=True, ignore_changes=["engineVersion"]),
        )
        self.endpoint = database.endpoint
        self.password = database.password
        self.register_outputs({"endpoint": self.endpoint})


@pytest.fixture(scope="module")
def shop() -> Graph:
    """The small program, built once for the tests below."""

    def program() -> None:
        shop = _Shop("shop")
        pulumi.export("endpoint", shop.endpoint)
        pulumi.export("login", {"user": "magento", "password": shop.password})

    return build(program)


def test_numbers_are_plain_and_wire_names_are_kept(shop: Graph) -> None:
    """A test can write `== 3306` and mean an int, under the name that providers see."""
    database = shop.one(aws.rds.Instance)
    assert (database.inputs["port"], database.inputs["instanceClass"]) == (3306, "db.r8g.large")
    assert type(database.inputs["port"]) is int


def test_ids_flow_between_resources(shop: Graph) -> None:
    """A value taken from another resource is that resource's realistic id, and the graph says where it came from."""
    vpc, subnet = shop.one(aws.ec2.Vpc), shop.one(aws.ec2.Subnet)
    assert vpc.id.startswith("vpc-")
    assert subnet.inputs["vpcId"] == vpc.id
    assert subnet.comes_from("vpcId") == {vpc.urn}
    assert not subnet.comes_from("cidrBlock")


def test_secrets_are_unwrapped_and_remembered(shop: Graph) -> None:
    """A password can be compared as text, and forgetting to keep it secret can be asserted."""
    database = shop.one(aws.rds.Instance)
    assert len(database.inputs["password"]) == 20
    assert database.is_secret("password")
    assert not database.is_secret("instanceClass")


def test_a_secret_stays_secret_through_a_resource_into_an_export(shop: Graph) -> None:
    """Reading a secret input back as an output cannot wash it, so an export of it is seen as secret."""
    assert shop.is_secret_export("login.password")
    assert not shop.is_secret_export("endpoint")
    assert shop.exports["endpoint"] == shop.one(aws.rds.Instance).outputs["endpoint"]


def test_family_tree_options_and_registered_outputs(shop: Graph) -> None:
    """Parents, options and a component's registered outputs are all there to be asserted on."""
    component = shop.one("magento:index:Shop")
    assert shop.children(shop.stack) == (component,)
    assert {child.name for child in shop.children(component)} == {
        "shop-vpc",
        "shop-subnet",
        "shop-password",
        "shop-database",
    }
    assert set(shop.descendants(shop.stack)) == set(shop.resources)
    assert component.outputs == {"endpoint": shop.exports["endpoint"]}
    database = shop.one(aws.rds.Instance)
    assert (database.protect, database.ignore_changes) == (True, ("engineVersion",))
    assert shop.tagged(System="network") == (shop.one(aws.ec2.Vpc),)


def test_a_component_that_forgets_its_outputs_is_seen() -> None:
    """`outputs_registered` is false for a component whose constructor never called register_outputs."""
    graph = build(lambda: pulumi.ComponentResource("magento:index:Forgetful", "it"))
    assert not graph.one("magento:index:Forgetful").outputs_registered


def test_an_orphan_is_a_child_of_the_stack() -> None:
    """A resource made without a parent can be found under the stack."""
    graph = build(lambda: aws.sns.Topic("alarms"))
    assert [each.name for each in graph.children(graph.stack)] == ["alarms"]


def test_an_unknown_function_raises() -> None:
    """No provider function is answered by accident with nothing."""
    with pytest.raises(Exception, match="getVpc"):
        build(lambda: aws.ec2.get_vpc(default=True))


def test_known_functions_answer() -> None:
    """The account, the region and its zones are as in the embedded AWS."""

    def program() -> None:
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("zones", aws.get_availability_zones().names)

    graph = build(program, config={"aws:region": "us-east-1"})
    assert graph.exports == {"account": cloud.ACCOUNT, "zones": ["us-east-1a", "us-east-1b", "us-east-1c"]}


def test_every_declared_output_has_a_value() -> None:
    """An output that the SDK declares as always there is never None, or code under test would carry None along."""
    graph = build(lambda: aws.ec2.NatGateway("nat", subnet_id="subnet-1"))
    missing = [name for name, value in graph.one(aws.ec2.NatGateway).outputs.items() if value is None]
    assert not missing
    assert graph.one(aws.ec2.NatGateway).outputs["networkInterfaceId"]


def test_config_reaches_the_program() -> None:
    """Nested config arrives as an object, text as text, and secrets marked."""

    def program() -> None:
        config = pulumi.Config("magento")
        pulumi.export("site", config.require_object("site"))
        pulumi.export("token", config.require_secret("token"))

    graph = build(program, config={"magento:site": {"front": {"instances": 4}}, "magento:token": "t"})
    assert graph.exports["site"] == {"front": {"instances": 4}}
    assert graph.is_secret_export("token")


def test_another_stack_is_read_through_a_reference() -> None:
    """A reference gives the other graph's exports, secret ones still secret, and a missing stack is refused."""

    def owner() -> None:
        pulumi.export("vpc_id", "vpc-1")
        pulumi.export("key", pulumi.Output.secret("k"))

    def tenant() -> None:
        other = pulumi.StackReference("organization/magento/prod")
        pulumi.export("vpc_id", other.require_output("vpc_id"))
        pulumi.export("key", other.require_output("key"))

    graph = build(tenant, references={"prod": build(owner)}.__getitem__)
    assert graph.exports == {"vpc_id": "vpc-1", "key": "k"}
    assert graph.one(STACK_REFERENCE).outputs["outputs"] == graph.exports
    assert (graph.is_secret_export("vpc_id"), graph.is_secret_export("key")) == (False, True)
    with pytest.raises(UnknownStackError):
        build(tenant)


def test_builds_do_not_see_each_other() -> None:
    """Nothing of one program is left in the next: config, resources, exports."""
    build(lambda: pulumi.export("first", 1), config={"magento:only": "here"})
    graph = build(lambda: pulumi.export("only", pulumi.Config("magento").get("only")))
    assert graph.exports == {}
    assert graph.resources == ()


def test_what_the_program_raises_is_raised() -> None:
    """A mistake in a program fails the build, whether it happens at once or inside an apply."""
    with pytest.raises(ZeroDivisionError):
        build(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        build(lambda: pulumi.export("x", pulumi.Output.from_input(0).apply(lambda zero: 1 // zero)))
