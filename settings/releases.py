"""Who may release the shop and the satellites, beside people with rights of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from settings.messages import Fault
from settings.section import Section
from settings.values import different, entries, like


class GitHubReleaseSettings(Section):
    """The workflow that releases. GitHub proves by OIDC which repository and environment a run belongs to."""

    repository: Annotated[str, like(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "a repository, such as client/shop")]
    """The repository, as `owner/name`. `./shop bootstrap --github-repository` prepares the account for it."""
    environments: Annotated[
        tuple[
            Annotated[str, like(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "a GitHub environment, such as release-prod")], ...
        ],
        entries(1),
        different("environment"),
    ]
    """The GitHub environments whose runs get the role, such as `[release-plan-prod, release-prod]`. The workflow plans
    in the first one, and deploys in the second one, whose reviewers decide which plan is carried out."""


class ReleaseSettings(Section):
    """An IAM role with the rights of `./shop release`, and who may take it. Without this section there is none."""

    rundeck: bool = True
    """Whether the client's Rundeck server may take it."""
    github: GitHubReleaseSettings | None = None
    """The GitHub workflow that may take it."""
    refreshes_from: Annotated[str, like("[A-Za-z0-9_.-]{1,100}", "the name of a stack, such as prod")] | None = None
    """The stack, such as `prod`, from whose database Rundeck may refresh this stack's own. It is the one whose network
    this stack joins. **Who has the role can then read that stack's personal data.** Without this key, the role has no
    right on another stack."""

    def faults(self) -> Iterator[Fault]:
        if self.refreshes_from and self.github is not None:
            yield Fault(
                path="refreshes_from",
                got=self.refreshes_from,
                expected="no stack, since the runs of the GitHub workflow could read its personal data",
            )
        if not self.rundeck and self.github is None:
            yield Fault(path="github", expected="a section, since rundeck is false: nobody could take the role")
