"""``catalog.yaml``: the catalogue's name, its environments, and how it wants to be treated."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from reconciler.model.entities import Part, Text

CatalogName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
EMBEDDED = "embedded"


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "not a day") from None
    return text


def _repository(text: str) -> str:
    if text != EMBEDDED and not text.startswith(("https://", "http://", "${")):
        raise PydanticCustomError("repository", "neither `embedded` nor an http(s) address")
    return text


class Environment(Part):
    """Where one environment lives."""

    repository: Annotated[str, AfterValidator(_repository)]
    container: Text | None = None
    sandbox: Text = "prod"

    @property
    def embedded(self) -> bool:
        """Whether the repository runs in this process."""
        return self.repository == EMBEDDED


class Guards(Part):
    """How much a plan may delete or change before somebody has to say a number."""

    max_delete_share: Share = 0.3
    max_update_share: Share = 0.5
    min_population: Annotated[int, Field(strict=True, ge=0)] = 10


class CheckLevel(Part):
    """The level of one check, and why."""

    level: Literal["off", "warning", "error"]
    reason: Text


class IgnoreRule(Part):
    """A field that is left to the live side."""

    select: Text
    field: Text
    reason: Text
    until: Annotated[str, AfterValidator(_day)] | None = None


class Move(Part):
    """An entity, or a whole catalogue, that has another name now. to: None only for a catalogue."""

    from_: Text = Field(alias="from")
    to: Text | None = None


class Forget(Part):
    """An entity that is handed back: unstamped, not deleted."""

    key: Text
    reason: Text


class Settings(Part):
    """Everything in ``catalog.yaml``."""

    catalog: CatalogName
    uid: Text | None = None
    default_environment: EnvironmentName | None = None
    prune: Annotated[bool, Field(strict=True)] = True
    guards: Guards = Guards()
    checks: dict[str, CheckLevel] = Field(default_factory=dict)
    ignore: tuple[IgnoreRule, ...] = ()
    moved: tuple[Move, ...] = ()
    forget: tuple[Forget, ...] = ()
    policies: tuple[dict[str, Any], ...] = ()
    environments: Annotated[dict[EnvironmentName, Environment], Field(min_length=1)]
