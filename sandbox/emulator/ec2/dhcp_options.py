"""DHCP options that are created with tags."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.dhcp_options import DHCPOptions
from moto.ec2.utils import add_tag_specification

from sandbox.emulator.patching import patch


@patch(
    "moto.ec2.responses.dhcp_options:DHCPOptions.create_dhcp_options",
    sha256="e98a8242f38bd34f9c03ea46246cecd62a5e47e508dbd500335595085c7f4906",
    upstream="CreateDhcpOptions ignores TagSpecifications.",
)
def _create_dhcp_options(original: Any, response: DHCPOptions) -> ActionResult:
    answer = original(response)
    answer.result["DhcpOptions"].add_tags(add_tag_specification(response._get_param("TagSpecifications", [])))
    return answer
