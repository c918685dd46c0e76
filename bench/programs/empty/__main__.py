"""Declares nothing: what its preview takes is the engine's and the SDK's start."""

import pulumi_aws  # noqa: F401 - importing it is the point
