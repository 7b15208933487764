"""Entities as the files spell them: frozen, no value converted, one class a kind, told apart by ``kind``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from reconciler.model.instant import canonical_instant
from reconciler.model.kinds import CHANNELS, COMPONENT_TYPES, EntityKey, Kind

KEY_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,99}$"

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Text = Annotated[str, StringConstraints(min_length=1)]


def _instant(text: str) -> str:
    if canonical_instant(text) is None:
        raise PydanticCustomError("instant", "not a date-time with an offset")
    return text


def _uri(text: str, short: Mapping[str, str]) -> str:
    if text not in short and (":" not in text or any(character.isspace() for character in text)):
        raise PydanticCustomError("uri", "not a URI", {"short": sorted(short)})
    return text


def _channel(text: str) -> str:
    return _uri(text, CHANNELS)


def _component_type(text: str) -> str:
    return _uri(text, COMPONENT_TYPES)


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Instant = Annotated[str, AfterValidator(_instant)]
Channel = Annotated[str, AfterValidator(_channel)]
ComponentType = Annotated[str, AfterValidator(_component_type)]
Languages = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Raw = dict[str, Any]
OfferStatus = Literal["draft", "approved", "archived"]


class Part(BaseModel):
    """Frozen, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Asset(Part):
    """An asset of a content repository that a component shows. id and url cannot change once set."""

    id: Text | None = None
    name: Text | None = None
    url: Text | None = None


class Component(Part):
    """A piece of content of a representation."""

    type: ComponentType | None = None
    format: Text | None = None
    language: Languages = ()
    copyline: str | None = None
    content: str | None = None
    link: str | None = None
    url: str | None = None
    asset: Asset | None = None
    extra: Raw = Field(default_factory=dict)


class Representation(Part):
    """What an offer looks like in one placement."""

    placement: Key
    components: tuple[Component, ...] = ()


class Caps(Part):
    """How often an offer may be proposed, in all and to one profile."""

    global_: Annotated[int, Field(strict=True)] | None = Field(default=None, alias="global")
    profile: Annotated[int, Field(strict=True)] | None = None


class External(Part):
    """How an instance that somebody else manages is found live: by exactly one of these."""

    name: Text | None = None
    id: Text | None = None
    stamp: Text | None = None


class Entity(Part):
    """What every kind has. ``name`` may be missing only where the entity is external."""

    KIND: ClassVar[Kind]

    key: Key
    name: Text | None = None
    external: External | None = None
    protect: Annotated[bool, Field(strict=True)] = False
    only: tuple[str, ...] | None = None
    extra: Raw = Field(default_factory=dict)

    @property
    def entity_key(self) -> EntityKey:
        """The key with its kind."""
        return EntityKey(self.KIND, self.key)


class Tag(Entity):
    """A label that groups offers."""

    KIND = Kind.TAG
    kind: Literal["tag"]


class Placement(Entity):
    """A place in a channel that shows content of one component type."""

    KIND = Kind.PLACEMENT
    kind: Literal["placement"]
    channel: Channel | None = None
    component_type: ComponentType | None = None
    content_types: tuple[Text, ...] = ()
    description: str | None = None


class Rule(Entity):
    """A PQL condition that tells for whom an offer is meant."""

    KIND = Kind.RULE
    kind: Literal["rule"]
    condition: Text | None = None


class Offer(Entity):
    """An offer for those its rule admits."""

    KIND = Kind.OFFER
    kind: Literal["offer"]
    status: OfferStatus = "draft"
    tags: tuple[Key, ...] = ()
    rule: Key | None = None
    start: Instant | None = None
    end: Instant | None = None
    priority: Annotated[int, Field(strict=True)] = 0
    caps: Caps = Caps()
    characteristics: dict[str, str] = Field(default_factory=dict)
    representations: tuple[Representation, ...] = ()


class Fallback(Entity):
    """What is shown when no offer is left."""

    KIND = Kind.FALLBACK
    kind: Literal["fallback"]
    status: OfferStatus = "draft"
    tags: tuple[Key, ...] = ()
    characteristics: dict[str, str] = Field(default_factory=dict)
    representations: tuple[Representation, ...] = ()


class Filter(Entity):
    """Which offers an activity chooses among: a list, or those with any or with all of some tags."""

    KIND = Kind.FILTER
    kind: Literal["filter"]
    offers: tuple[Key, ...] | None = None
    any_tags: tuple[Key, ...] | None = None
    all_tags: tuple[Key, ...] | None = None


class Activity(Entity):
    """A decision: the offers of a filter for a placement, and a fallback when none is left."""

    KIND = Kind.ACTIVITY
    kind: Literal["activity"]
    status: Literal["draft", "live", "archived"] = "draft"
    start: Instant | None = None
    end: Instant | None = None
    placement: Key | None = None
    filter: Key | None = None
    fallback: Key | None = None


ENTITY_TYPES: tuple[type[Entity], ...] = (Tag, Placement, Rule, Offer, Fallback, Filter, Activity)
