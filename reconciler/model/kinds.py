"""The registry of kinds: all that differs between placements, tags, rules, offers, fallbacks, filters, activities.

Every room asks this table; none has a switch per kind. Sources: the repository API's data model (types, references,
lifecycles, unique names) and the file format of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from types import MappingProxyType

SCHEMA_BASE = "https://ns.adobe.com/experience/offer-management/"


class Kind(StrEnum):
    """One of the seven kinds, in the order in which they can be created."""

    TAG = "tag"
    PLACEMENT = "placement"
    RULE = "rule"
    OFFER = "offer"
    FALLBACK = "fallback"
    FILTER = "filter"
    ACTIVITY = "activity"

    __hash__ = str.__hash__  # Enum's own is written in Python, and kinds are looked up for every field of every entity


KIND_ORDER: Mapping[Kind, int] = MappingProxyType({kind: position for position, kind in enumerate(Kind)})


@dataclass(frozen=True, slots=True)
class EntityKey:
    """Catalogue-side name of one entity, e.g. ``offer/summer-10``; never a remote id."""

    kind: Kind
    name: str

    def __hash__(self) -> int:
        return hash(self.name)  # the text keeps its hash; few keys of two kinds have one name

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.name}"

    def __lt__(self, other: EntityKey) -> bool:
        return self.order < other.order

    @property
    def order(self) -> tuple[int, str]:
        """Sorts keys by kind, then by name; ``sort(key=…)`` with it is four times faster than comparing keys."""
        return (KIND_ORDER[self.kind], self.name)


class Shape(Enum):
    """How the value of a field is spelled, compared and patched."""

    TEXT = auto()
    RULE_TEXT = auto()  # outer white space does not count; its format and language travel beside it
    WHOLE = auto()
    INSTANT = auto()
    REFERENCE = auto()
    REFERENCES = auto()  # a set: order and repetition do not count
    MEMBERS = auto()  # a set of references whose form (offers, any tags, all tags) is written beside it
    TEXTS = auto()  # a set of texts
    TEXT_MAP = auto()  # every key is a field of its own
    REPRESENTATIONS = auto()  # every placement is a field of its own

    __hash__ = object.__hash__  # as for ``Kind``


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind: its place in YAML, its place in ``_instance``, and how its values behave.

    same_as_absent: the one value that means the same as leaving the field out.
    short: YAML's short names for long URIs.   form: the ``xdm:filterType`` that says how members are read.
    """

    yaml: tuple[str, ...]
    xdm: tuple[str, ...]
    shape: Shape = Shape.TEXT
    target: Kind | None = None
    same_as_absent: str | int | None = None
    short: Mapping[str, str] = field(default_factory=dict, hash=False)
    form: str | None = None
    required: bool = False
    name: str = field(init=False)  # as stamps and reports call it, e.g. ``caps.global``

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", ".".join(self.yaml))  # frozen; asked for too often to be joined each time


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A ring of statuses: each can only be followed by the next, the last by the first."""

    ring: tuple[str, ...]

    @property
    def initial(self) -> str:
        """The status that an absent one stands for."""
        return self.ring[0]

    @property
    def in_service(self) -> str:
        """The status in which customers can be shown this entity."""
        return self.ring[1]

    @property
    def retired(self) -> str:
        """The status from which an entity that was in service may be deleted."""
        return self.ring[2]

    def way(self, start: str, end: str) -> tuple[str, ...]:
        """The statuses to write one after the other to come legally from start to end; empty when equal."""
        if start == end:
            return ()
        if start not in self.ring or end not in self.ring:
            return (end,)
        first = self.ring.index(start)
        steps = (self.ring.index(end) - first) % len(self.ring)
        return tuple(self.ring[(first + step) % len(self.ring)] for step in range(1, steps + 1))


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What one kind is to the repository and in the files."""

    kind: Kind
    type_name: str
    fields: tuple[Field, ...]
    lifecycle: Lifecycle | None = None
    unique_names: str | None = None  # kinds of one group share one space of names

    @property
    def schema(self) -> str:
        """The schema id, without a version."""
        return SCHEMA_BASE + self.type_name


COMPONENT_TYPES: Mapping[str, str] = MappingProxyType(
    {name: f"{SCHEMA_BASE}content-component-{name}" for name in ("text", "html", "imagelink")}
)
CHANNELS: Mapping[str, str] = MappingProxyType({"web": "https://ns.adobe.com/xdm/channels/web"})

_OFFER_LIFE = Lifecycle(("draft", "approved", "archived"))
_ACTIVITY_LIFE = Lifecycle(("draft", "live", "archived"))

_NAME = Field(("name",), ("xdm:name",), required=True)
_STATUS = Field(("status",), ("xdm:status",), same_as_absent="draft")
_TAGS = Field(("tags",), ("xdm:tags",), Shape.REFERENCES, Kind.TAG)
_CHARACTERISTICS = Field(("characteristics",), ("xdm:characteristics",), Shape.TEXT_MAP)
_REPRESENTATIONS = Field(("representations",), ("xdm:representations",), Shape.REPRESENTATIONS, Kind.PLACEMENT)
_CONSTRAINT = "xdm:selectionConstraint"


def _members(yaml: str, form: str, target: Kind) -> Field:
    return Field((yaml,), ("ids",), Shape.MEMBERS, target, form=form)


def _needed(name: str, target: Kind) -> Field:
    return Field((name,), (f"xdm:{name}",), Shape.REFERENCE, target, required=True)


_KINDS = (
    KindInfo(Kind.TAG, "tag", (_NAME,), unique_names="tags"),
    KindInfo(
        Kind.PLACEMENT,
        "offer-placement",
        (
            _NAME,
            Field(("channel",), ("xdm:channel",), short=CHANNELS),
            Field(("component_type",), ("xdm:componentType",), short=COMPONENT_TYPES),
            Field(("content_types",), ("xdm:contentTypes",), Shape.TEXTS),
            Field(("description",), ("xdm:description",)),
        ),
    ),
    KindInfo(
        Kind.RULE,
        "eligibility-rule",
        (_NAME, Field(("condition",), ("xdm:condition", "xdm:value"), Shape.RULE_TEXT, required=True)),
    ),
    KindInfo(
        Kind.OFFER,
        "personalized-offer",
        (
            _NAME,
            _STATUS,
            _TAGS,
            Field(("rule",), (_CONSTRAINT, "xdm:eligibilityRule"), Shape.REFERENCE, Kind.RULE),
            Field(("start",), (_CONSTRAINT, "xdm:startDate"), Shape.INSTANT),
            Field(("end",), (_CONSTRAINT, "xdm:endDate"), Shape.INSTANT),
            Field(("priority",), ("xdm:rank", "xdm:priority"), Shape.WHOLE, same_as_absent=0),
            Field(("caps", "global"), ("xdm:cappingConstraint", "xdm:globalCap"), Shape.WHOLE),
            Field(("caps", "profile"), ("xdm:cappingConstraint", "xdm:profileCap"), Shape.WHOLE),
            _CHARACTERISTICS,
            _REPRESENTATIONS,
        ),
        lifecycle=_OFFER_LIFE,
        unique_names="offers",
    ),
    KindInfo(
        Kind.FALLBACK,
        "fallback-offer",
        (_NAME, _STATUS, _TAGS, _CHARACTERISTICS, _REPRESENTATIONS),
        lifecycle=_OFFER_LIFE,
        unique_names="offers",
    ),
    KindInfo(
        Kind.FILTER,
        "offer-filter",
        (
            _NAME,
            _members("offers", "offers", Kind.OFFER),
            _members("any_tags", "anyTags", Kind.TAG),
            _members("all_tags", "allTags", Kind.TAG),
        ),
    ),
    KindInfo(
        Kind.ACTIVITY,
        "offer-activity",
        (
            _NAME,
            _STATUS,
            Field(("start",), ("xdm:startDate",), Shape.INSTANT),
            Field(("end",), ("xdm:endDate",), Shape.INSTANT),
            _needed("placement", Kind.PLACEMENT),
            _needed("filter", Kind.FILTER),
            _needed("fallback", Kind.FALLBACK),
        ),
        lifecycle=_ACTIVITY_LIFE,
    ),
)

KINDS: Mapping[Kind, KindInfo] = MappingProxyType({info.kind: info for info in _KINDS})
# A component's fields; what else it holds is its ``extra``.
COMPONENT_FIELDS: tuple[Field, ...] = (
    Field(("type",), ("@type",), short=COMPONENT_TYPES),
    Field(("format",), ("dc:format",)),
    Field(("language",), ("dc:language",), Shape.TEXTS),
    Field(("copyline",), ("xdm:copyline",)),
    Field(("content",), ("xdm:content",)),
    Field(("link",), ("xdm:linkURL",)),
    Field(("url",), ("xdm:deliveryURL",)),
    Field(("asset", "id"), ("repo:id",)),
    Field(("asset", "name"), ("repo:name",)),
    Field(("asset", "url"), ("repo:resolveURL",)),
)
