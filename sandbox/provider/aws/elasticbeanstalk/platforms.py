"""``aws.elasticbeanstalk.getSolutionStack``: the platforms that Elastic Beanstalk offers."""

from __future__ import annotations

import re

from sandbox.provider.adapter import Aws, Values, function


@function("aws:elasticbeanstalk/getSolutionStack:getSolutionStack")
def get_solution_stack(aws: Aws, arguments: Values) -> Values:
    """The platform whose name matches. Raises ``ValueError`` when none does, or several do and not ``mostRecent``."""
    pattern = arguments["nameRegex"]
    stacks = aws.client("elasticbeanstalk").list_available_solution_stacks()["SolutionStacks"]
    matching = [stack for stack in stacks if re.search(pattern, stack)]
    if not matching:
        raise ValueError(f"no solution stack matches {pattern!r}")
    most_recent = bool(arguments.get("mostRecent"))
    if len(matching) > 1 and not most_recent:
        raise ValueError(f"{len(matching)} solution stacks match {pattern!r}; narrow it, or set mostRecent")
    # AWS lists the newest first.
    name = matching[0]
    return {"id": name, "name": name, "nameRegex": pattern, "mostRecent": most_recent, "region": aws.region}
