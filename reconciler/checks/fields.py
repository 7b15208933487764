"""Errors in the fields of one entity: RC011, RC017, RC023, RC027 to RC031."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, External, Fallback, Filter, Offer
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.intents import read_stamped
from reconciler.model.kinds import COMPONENT_FIELDS, KINDS, Kind, Shape
from reconciler.model.problem import Code, Problem, Source
from reconciler.model.spelling import CONDITION, FILTER_TYPE, yaml_value

_FORMS = ("offers", "any_tags", "all_tags")


def check_fields(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """What is wrong inside single entities."""
    for key, entity in catalogue.entities.items():
        source = catalogue.sources[key]
        yield from _required(entity, source)
        yield from _extra(entity, source)
        if isinstance(entity, Offer):
            yield from _numbers(entity, source)
        if isinstance(entity, Offer | Activity):
            yield from _dates(entity, source)
        if isinstance(entity, Offer | Fallback):
            yield from _repeated_placements(entity, source)
            yield from _component_extra(entity, source)
        if isinstance(entity, Filter):
            yield from _form(entity, source)
        if entity.external is not None:
            yield from _external(entity, entity.external, source)


def _external(entity: Entity, external: External, source: Source) -> Iterator[Problem]:
    given = [name for name in External.model_fields if getattr(external, name) is not None]
    if len(given) != 1:
        said = " and ".join(f"`{name}`" for name in given) or "none"
        message = f"an external entity is found by exactly one of `name`, `id`, `stamp`; here: {said}"
        yield Problem(Code.VALUE, source.span("external"), message, "Keep one of them." if given else "Give one.")
    elif external.stamp is not None and read_stamped(external.stamp, entity.KIND) is None:
        message = f"`external.stamp` is `{external.stamp}`, not CATALOG/{entity.KIND.value}/KEY"
        remedy = "Write the owner's name, the kind and the owner's key."
        yield Problem(Code.VALUE, source.span("external", "stamp"), message, remedy)


def _required(entity: Entity, source: Source) -> Iterator[Problem]:
    if entity.external is not None:
        return
    for field in KINDS[entity.KIND].fields:
        if field.required and yaml_value(entity, field) is None:
            raw = field.shape is Shape.RULE_TEXT and CONDITION in entity.extra
            if not raw:
                span = source.span(field.name)  # there, if it is written and empty
                yield Problem(Code.MISSING_FIELD, span, f"`{field.name}` is missing", f"Add `{field.name}: …`.")


def _extra(entity: Entity, source: Source) -> Iterator[Problem]:
    """`extra` must not say again, or against it, what a field says."""
    for name in entity.extra:
        raw_rule = name == CONDITION and getattr(entity, "condition", None) is None
        if name in _OWNED[entity.KIND] and not raw_rule:
            yield _owned(name, _OWNED[entity.KIND][name], source, ("extra", name))
        elif isinstance(entity, Fallback) and name in _OWNED[Kind.OFFER]:
            remedy = "Remove it: a fallback has no rule, dates, priority or caps, so that it can always be shown."
            yield Problem(Code.EXTRA, source.key_span("extra", name), f"a fallback takes no `{name}`", remedy)


def _component_extra(entity: Offer | Fallback, source: Source) -> Iterator[Problem]:
    for index, representation in enumerate(entity.representations):
        for position, component in enumerate(representation.components):
            for name in component.extra:
                if name in _OWNED_BY_COMPONENT:
                    path = ("representations", index, "components", position, "extra", name)
                    yield _owned(name, (_OWNED_BY_COMPONENT[name],), source, path)


def _owned(name: str, fields: tuple[str, ...], source: Source, path: tuple[str | int, ...]) -> Problem:
    if not fields:
        message, remedy = f"`{name}` is given by the repository", "Remove it."
    else:
        message, remedy = f"`{name}` has a field of its own", f"Use {' or '.join(f'`{field}`' for field in fields)}."
    return Problem(Code.EXTRA, source.key_span(*path), message, remedy)


def _owned_by(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Raw property -> the fields that write it."""
    owned: dict[str, tuple[str, ...]] = {"@id": ()}
    for field in KINDS[kind].fields:
        names = (field.xdm[0], "xdm:ids", FILTER_TYPE) if field.shape is Shape.MEMBERS else (field.xdm[0],)
        for name in names:
            owned[name] = (*owned.get(name, ()), field.name)
    return owned


_OWNED: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {kind: _owned_by(kind) for kind in Kind}
_OWNED_BY_COMPONENT: Mapping[str, str] = {field.xdm[0]: field.name for field in COMPONENT_FIELDS}


def _numbers(offer: Offer, source: Source) -> Iterator[Problem]:
    if offer.priority < 0:
        yield Problem(
            Code.PRIORITY,
            source.span("priority"),
            f"the priority is {offer.priority}, below 0",
            "Use 0 or more; the highest wins.",
        )
    for name, cap in (("global", offer.caps.global_), ("profile", offer.caps.profile)):
        if cap is not None and cap < 1:
            yield Problem(
                Code.CAP,
                source.span("caps", name),
                f"the {name} cap is {cap}, below 1",
                "Use 1 or more, or leave it out for no cap.",
            )


def _dates(entity: Offer | Activity, source: Source) -> Iterator[Problem]:
    if entity.start is None or entity.end is None:
        return
    start, end = canonical_instant(entity.start), canonical_instant(entity.end)
    if start and end and instant_sort_key(start) >= instant_sort_key(end):
        yield Problem(
            Code.DATES,
            source.span("end"),
            f"`end` {entity.end} is not after `start` {entity.start}",
            "Let it end later, or start earlier.",
        )


def _repeated_placements(entity: Offer | Fallback, source: Source) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, representation in enumerate(entity.representations):
        if representation.placement in first:
            line = source.span("representations", first[representation.placement]).line
            yield Problem(
                Code.REPEATED_PLACEMENT,
                source.span("representations", index, "placement"),
                f"a second representation for `{representation.placement}` (the first is on line {line})",
                "Keep one; put its components together.",
            )
        first.setdefault(representation.placement, index)


def _form(entity: Filter, source: Source) -> Iterator[Problem]:
    forms = [form for form in _FORMS if getattr(entity, form) is not None]
    if len(forms) != 1 and entity.external is None:
        said = " and ".join(f"`{form}`" for form in forms) or "none"
        span = source.key_span(forms[1]) if forms else source.span()
        yield Problem(
            Code.FILTER_FORM,
            span,
            f"a filter has exactly one of `offers`, `any_tags`, `all_tags`; here: {said}",
            "Keep the one that you mean." if forms else "Add one of them.",
        )
