"""RC109: what the service documents as its limits. Source: research of the vendor's guardrails, November 2026."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sized

from reconciler.graph.build import Graph
from reconciler.model.canonical import canonical_json
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Filter, Offer, Rule
from reconciler.model.kinds import Kind
from reconciler.model.problem import Code, Problem, Source
from reconciler.model.spelling import to_xdm

PER_KIND = {
    Kind.TAG: 1_000,
    Kind.PLACEMENT: 1_000,
    Kind.RULE: 10_000,
    Kind.OFFER: 10_000,
    Kind.FALLBACK: 10_000,
    Kind.FILTER: 10_000,
    Kind.ACTIVITY: 10_000,
}
LIVE_ACTIVITIES = 1_000
TAGS = 20
OFFERS_IN_FILTER = 500
CHARACTERISTICS = 30
RULE_BYTES = 15_000
OFFER_BYTES = 300_000
_PROBABLY_SMALL = 10_000  # characters of text, and
_PROBABLY_FEW = 100  # components, below which an offer is not measured


def check_limits(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """Warnings where the service would refuse, or slow down."""
    counts = Counter(key.kind for key in catalogue.entities)
    for kind, limit in PER_KIND.items():
        if counts[kind] > limit:
            yield _over(catalogue.settings_source, (), f"{counts[kind]:,} entities of kind {kind.value}", limit)
    live = sum(isinstance(entity, Activity) and entity.status == "live" for entity in catalogue.entities.values())
    if live > LIVE_ACTIVITIES:
        yield _over(catalogue.settings_source, (), f"{live:,} live activities", LIVE_ACTIVITIES)
    for key, entity in catalogue.entities.items():
        yield from _entity(entity, catalogue.sources[key])


def _entity(entity: Entity, source: Source) -> Iterator[Problem]:
    match entity:
        case Offer() | Fallback():
            yield from _counted(source, "tags", entity.tags, TAGS)
            yield from _counted(source, "characteristics", entity.characteristics, CHARACTERISTICS)
            yield from _size(entity, source)
        case Filter():
            yield from _counted(source, "offers", entity.offers or (), OFFERS_IN_FILTER)
            yield from _counted(source, "any_tags", entity.any_tags or (), TAGS)
            yield from _counted(source, "all_tags", entity.all_tags or (), TAGS)
        case Rule() if entity.condition and len(entity.condition.encode()) > RULE_BYTES:
            size = len(entity.condition.encode())
            yield _over(source, ("condition",), f"a rule of {size:,} bytes", RULE_BYTES)


def _counted(source: Source, field: str, values: Sized, limit: int) -> Iterator[Problem]:
    count = len(values)
    if count > limit:
        yield _over(source, (field,), f"{count:,} {field.replace('_', ' ')}", limit)


def _size(entity: Offer | Fallback, source: Source) -> Iterator[Problem]:
    parts = [part for item in entity.representations for part in item.components]
    texts = (text for part in parts for text in (part.content, part.copyline, part.link, part.url))
    text = sum(len(text) for text in texts if text) + sum(map(len, entity.characteristics.values()))
    if text < _PROBABLY_SMALL and len(parts) < _PROBABLY_FEW and not entity.extra and not any(p.extra for p in parts):
        return
    size = len(canonical_json(to_xdm(entity, str)).encode())
    if size > OFFER_BYTES:
        yield _over(source, (), f"an offer of {size:,} bytes", OFFER_BYTES)


def _over(source: Source, path: tuple[str, ...], what: str, limit: int) -> Problem:
    return Problem(
        Code.SERVICE_LIMIT,
        source.span(*path),
        f"{what}; the service's documented limit is {limit:,}",
        "Split it, or ask the service's operator whether yours is higher.",
    )
