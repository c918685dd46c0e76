"""What Beanstalk would refuse of an environment's properties, and names that would change what hooks run."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws
import pytest
from pydantic import TypeAdapter, ValidationError

from settings.environment_properties import MOST_BYTES, PropertyName, PropertyValue, is_reserved, size
from settings.satellite import FtpSettings, SatelliteSettings
from tests.unit.graph import Resource
from tests.unit.program import build_program, program, stack_config

PROPERTIES = "aws:elasticbeanstalk:application:environment"
SUFFIX_OF_AN_ARN = "-AbCdEf"
"""What Secrets Manager adds to the ARN of a secret, and the graphs of tests do not."""


def properties(environment: Resource) -> Mapping[str, str]:
    """All properties, those with secrets too."""
    return {
        each["name"]: each["value"] if each["namespace"] == PROPERTIES else f"{each['value']}{SUFFIX_OF_AN_ARN}"
        for each in environment.inputs["settings"]
        if each["namespace"] in (PROPERTIES, f"{PROPERTIES}secrets")
    }


def the_largest() -> dict[str, object]:
    """Every name as long as it may be."""
    longest = SatelliteSettings(
        name="custom-connection-ab",
        php="8.4",
        instance_types=("t4g.small",),
        ftp=FtpSettings(user="u" * 32, passive_ports="10000-10100"),
        variables={"A" * 20: "b" * 100},
        filled_secrets=("A_KEY", "C" * 128),
    )
    return {
        **longest.model_dump(mode="json", exclude_none=True, exclude={"ftp"}),
        "ftp": {"user": "u" * 32, "passive_ports": "10000-10100"},
    }


def test_no_satellite_has_more_bytes_than_its_settings_say() -> None:
    """The settings count before there are ARNs; a fault must come before `up`, and not from Beanstalk half-way."""
    listed = [*stack_config("prod")["magento:satellites"], the_largest()]
    gateway = stack_config("prod")["magento:gateway"]
    forward = {**gateway["forwards"][-1], "name": "largest", "ports": [2022], "passive_ports": "10000-10100"}
    forward["target"] = "custom-connection-ab.internal-client.url"
    graph = build_program(
        "prod",
        config={
            "magento:satellites": listed,
            "magento:gateway": {**gateway, "forwards": [*gateway["forwards"], forward]},
        },
    )
    for each in listed:
        environment = graph.one(aws.elasticbeanstalk.Environment, name=f"{each['name']}-environment")
        counted = sum(SatelliteSettings.model_validate_json(_json(each)).property_bytes.values())
        assert size(properties(environment)) <= counted < MOST_BYTES, each["name"]


def _json(section: object) -> str:
    return TypeAdapter(object).dump_json(section).decode()


@pytest.mark.parametrize("stack", ["prod", "preprod"])
def test_every_name_that_the_stack_sets_is_reserved(stack: str) -> None:
    """Else a satellite's variable could take its place."""
    own = {
        name
        for each in stack_config(stack).get("magento:satellites", ())
        for name in (*each.get("variables", ()), *each.get("filled_secrets", ()))
    }
    environments = program(stack).of_type(aws.elasticbeanstalk.Environment)
    assert environments
    set_by_the_stack = {name for each in environments for name in properties(each)} - own
    assert set_by_the_stack
    assert not {name for name in set_by_the_stack if not is_reserved(name)}
    assert not {name for name in own if is_reserved(name)}


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "LD_PRELOAD",
        "PHP_INI_SCAN_DIR",
        "PHPRC",
        "BASH_ENV",
        "ENV",
        "IFS",
        "PYTHONPATH",
        "HTTP_PROXY",
        "AWS_ENDPOINT_URL",
        "DATABASE_HOST",
        "DATABASE_SSL_CA",
        "FTP_USER",
        "INTERNAL_ADDRESS",
        "MAGE_MODE",
        "MAGENTO_TIER",
        "CRON_TABLE_BASE64",
    ],
)
def test_a_name_that_hooks_or_the_system_read_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a name that neither the stack nor the system uses"):
        TypeAdapter(PropertyName).validate_python(name)


@pytest.mark.parametrize("name", ["MIRAKL_URL", "MAIL_HOST", "APP_ENV", "PATHS", "A" * 128])
def test_other_names_are_free(name: str) -> None:
    assert TypeAdapter(PropertyName).validate_python(name) == name


@pytest.mark.parametrize("value", ["https://a.b:8/c_d", "a b", "C:\\dir", "it's", 'say "x"', "a=b+c-d@e"])
def test_the_characters_that_beanstalk_takes(value: str) -> None:
    assert TypeAdapter(PropertyValue).validate_python(value) == value


@pytest.mark.parametrize("value", ["", "a,b", "a*b", "a;b", "a&b", "100%", "a\nb", "é", "$(x)", "a?b", "#"])
def test_other_characters_are_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="expected one or more letters, digits, spaces and"):
        TypeAdapter(PropertyValue).validate_python(value)
