"""What a server is to apply while it runs, as its parameter has it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pulumi_aws as aws

from tests.unit.graph import Graph


def configured(graph: Graph) -> list[dict[str, Any]]:
    """The files of the graph's one configuration."""
    value = graph.one(aws.ssm.Parameter).inputs["value"]
    files: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(value)))["files"]
    return files
