"""What an adapter is: one resource type of pulumi-aws, said in the words of AWS's API.

An adapter declares its input properties and outputs under the names that pulumi-aws uses on the wire (camelCase), and
translates four verbs into boto3 calls. Everything that is the same for every type (unknown values, defaults,
differences, replacement, tags, secrets, "not found", partial failure, refresh, import) is the plugin's part, driven by
the declaration.

    class Vpc(Adapter):
        token = "aws:ec2/vpc:Vpc"
        service = "ec2"
        not_found = ("InvalidVpcID.NotFound",)
        properties = {
            "cidrBlock": Property(required=True, replaces=True),
            "enableDnsHostnames": Property(default=False),
            "tags": TAGS,
        }
        outputs = ("arn", "defaultSecurityGroupId")

        def create(self, aws, inputs):
            answer = aws.client("ec2").create_vpc(CidrBlock=inputs["cidrBlock"], TagSpecifications=...)
            return answer["Vpc"]["VpcId"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from sandbox.provider.aws.tags import Tagging

Values = dict[str, Any]
"""Properties of one resource as plain JSON-like values; whole numbers are ``int``, secrets are unwrapped."""


class Unset:
    """The type of ``UNSET``: the property has no default."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class Cancelled(Exception):  # noqa: N818 - an order to stop, not a fault
    """The user pressed Ctrl-C: raised out of ``Aws.wait``, and of any call made after it."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Bytes that the program hands over as a file or a text (``FileAsset``, ``StringAsset``, or a ``FileArchive`` that
    is one file, such as a zip). Two with equal contents are equal, wherever they lie."""

    sha256: str
    path: str | None = field(default=None, compare=False)
    """Relative to the program's directory, which is the plugin's own."""
    text: str | None = field(default=None, compare=False)
    archive: bool = False

    def read(self) -> bytes:
        """The bytes. Raises ``OSError`` when the file cannot be read."""
        if self.text is not None:
            return self.text.encode()
        if self.path is None:
            raise FileNotFoundError(
                f"the stack's state keeps only the digest {self.sha256} of this asset, not its bytes"
            )
        return Path(self.path).read_bytes()


@dataclass(frozen=True, kw_only=True)
class AutoName:
    """A physical name made of the resource's logical name and seven random hex digits when the program gives none, as
    pulumi-aws makes it. An existing resource keeps its name."""

    max_length: int = 255
    """Of the whole name. A longer one is a failed check, as with pulumi-aws: it is never cut short."""
    lowercase: bool = False


@dataclass(frozen=True, kw_only=True)
class Property:
    """How one input property behaves."""

    required: bool = False
    replaces: bool = False
    """A change needs a new resource."""
    default: Any = UNSET
    """What the official provider fills in when the program says nothing."""
    computed: bool = False
    """AWS chooses when the program says nothing; the choice is an output, and never a difference."""
    unordered: bool = False
    """A list that AWS may give back in any order, nested lists included."""
    json: bool = False
    """Text that holds a JSON document: compared as a document."""
    secret: bool = False
    """Kept encrypted in the stack's state even if the program forgot to mark it."""
    write_only: bool = False
    """AWS never gives it back (a password): kept in the state alone, so drift in it is not seen."""
    kept: str = ""
    """Set when the property never reaches the embedded AWS: the reason, for the coverage page. ``read`` does not answer
    it, and a change of it alone does not reach ``update``."""
    autoname: AutoName | None = None
    """For the property that is the physical name (``name``, ``bucket``, ``identifier``, …); usually with
    ``replaces``."""


TAGS: Final = Property()
"""For the property called ``tags``. The plugin adds ``tagsAll`` (the provider's default tags beneath the resource's
own). ``read`` answers in ``tags`` every tag that the resource carries: the plugin sorts out the default ones, and
AWS's own."""

GLOBAL_SERVICES: Final = frozenset({"bcm-data-exports", "cloudfront", "iam", "organizations", "route53"})
"""Their types have no ``region`` input. Every other type has one without declaring it: the plugin handles it, and
``Aws`` is already that region's."""


class Aws(Protocol):
    """One region of the embedded AWS, as an adapter sees it: the resource's own ``region``, or else its provider's."""

    @property
    def region(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def partition(self) -> str: ...

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client of a service: one a service and region, shared by all threads."""

    def wait(self, what: str, ready: Callable[[], bool], *, interval: float = 0.1) -> None:
        """Poll ``ready`` until it is true. Raises ``TimeoutError`` naming ``what`` at the resource's custom timeout
        (20 minutes unless set), and ``Cancelled`` when the user pressed Ctrl-C."""


class Adapter:
    """One resource type. Stateless: the plugin makes one instance and calls it from many threads."""

    token: ClassVar[str]
    """pulumi-aws's type token, such as ``aws:ec2/vpc:Vpc``."""
    service: ClassVar[str]
    """The AWS service behind it, as boto3 names it."""
    tagging: ClassVar[Tagging]
    """For a type with ``tags``: the calls that read and change them, unless it has a ``retag`` of its own."""
    properties: ClassVar[Mapping[str, Property]]
    outputs: ClassVar[Sequence[str]] = ()
    """What ``read`` answers beyond the input properties (``arn``, …); ``id``, ``region`` and ``tagsAll`` need no
    mention. A key that is neither declared here nor in ``properties`` is refused: it would not be unknown at
    preview."""
    secret_outputs: ClassVar[Sequence[str]] = ()
    volatile_outputs: ClassVar[Sequence[str]] = ()
    """Outputs that any update may change, such as a version id: unknown while an update is previewed."""
    not_found: ClassVar[Sequence[str]] = ()
    """AWS's error codes that mean "it is gone" in ``read`` and ``delete``, which may let such an error through."""
    delete_before_replace: ClassVar[bool] = False
    """Two cannot exist at once (a fixed name, an attachment)."""
    emulation: ClassVar[str] = ""
    """What the embedded AWS stores but does not act on, one sentence, for the coverage page."""

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        """Rules beyond presence: ``(property, reason)`` for each broken one. Unknown inputs are left out of
        ``inputs``."""
        return []

    def replaced(self, old: Values, new: Values) -> frozenset[str]:
        """Properties of which this change, though not every one, needs a new resource; ``new`` may hold unknowns."""
        return frozenset()

    def create(self, aws: Aws, inputs: Values) -> str:
        """Make it and answer its id at once. ``inputs`` has the defaults filled in and, for a type with ``tags``,
        ``tagsAll`` (the tags to make it with). What can fail afterwards belongs in ``configure``: then nothing made is
        forgotten."""
        raise NotImplementedError

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        """Further calls after ``create``, and waiting until it is usable. An error here keeps the resource in the
        state, and the next ``up`` calls it again: it must work on what it has done in part."""

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        """Its properties as AWS has them, inputs and outputs, in pulumi-aws's shape; ``None`` when it is gone.
        ``state`` is what was last known (empty for an import): use it only to choose among equal spellings, never to
        echo. ``None`` as a value is the same as leaving the key out; an input that is left out, unless ``write_only``
        or ``kept``, is unset in AWS."""
        raise NotImplementedError

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        """Bring it from ``old`` to ``new`` inputs; ``old`` has the last known outputs too. ``changed`` names the
        properties that differ: never ``tags`` (see ``retag``), ``kept`` or replacing ones, and never nothing."""
        raise NotImplementedError

    def retag(self, aws: Aws, id: str, state: Values, add: Mapping[str, str], remove: Sequence[str]) -> None:
        """Set and remove tags; never called with neither."""
        self.tagging.change(aws, id, state, add, remove)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        """Delete it and wait until it is gone where something else depends on that."""
        raise NotImplementedError


A = TypeVar("A", bound=Adapter)

Function = Callable[[Aws, Values], Values]
"""A data source, such as ``aws:index/getCallerIdentity:getCallerIdentity``: arguments in, results out."""

ADAPTERS: Final[dict[str, Adapter]] = {}
FUNCTIONS: Final[dict[str, Function]] = {}


def adapter(cls: type[A]) -> type[A]:
    """Class decorator that makes an adapter known to the plugin."""
    ADAPTERS[cls.token] = cls()
    return cls


def function(token: str) -> Callable[[Function], Function]:
    """Decorator that makes a data source known to the plugin."""

    def register(implementation: Function) -> Function:
        FUNCTIONS[token] = implementation
        return implementation

    return register
