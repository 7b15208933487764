"""Errors in the fields of one entity: RC011, RC017, RC023, RC027 to RC031."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Filter, Offer
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.problem import Code, Problem, Source
from reconciler.model.spelling import CONDITION, yaml_value

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
        if isinstance(entity, Filter):
            yield from _form(entity, source)
    yield from _moved(catalogue)


def _required(entity: Entity, source: Source) -> Iterator[Problem]:
    if entity.external is not None:
        return
    for field in KINDS[entity.KIND].fields:
        raw = entity.KIND is Kind.RULE and field.name == "condition" and CONDITION in entity.extra
        if field.required and yaml_value(entity, field) is None and not raw:
            yield Problem(Code.MISSING_FIELD, source.span(), f"`{field.name}` is missing", f"Add `{field.name}: …`.")


def _extra(entity: Entity, source: Source) -> Iterator[Problem]:
    """`extra` must not say again, or against it, what a field says."""
    owned = {field.xdm[0]: field.yaml[0] for field in KINDS[entity.KIND].fields} | {"@id": "id", "xdm:ids": "offers"}
    for name in entity.extra:
        field = owned.get(name)
        raw_rule = name == CONDITION and getattr(entity, "condition", None) is None
        if field is not None and not raw_rule:
            remedy = "Remove it: the repository gives it." if name == "@id" else f"Use the field `{field}`."
            yield Problem(Code.EXTRA, source.key_span("extra", name), f"`{name}` has a field of its own", remedy)


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
            "Let it end later; the end itself is out.",
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


def _moved(catalogue: Catalogue) -> Iterator[Problem]:
    existing = {str(key) for key in catalogue.entities}
    targets: set[str] = set()
    for index, move in enumerate(catalogue.settings.moved):
        span = catalogue.settings_source.span("moved", index)
        if move.from_ in existing:
            yield Problem(
                Code.MOVED,
                span,
                f"`{move.from_}` is said to have moved to `{move.to}`, but it still exists",
                "Remove the entity, or this entry.",
            )
        if move.to in targets:
            yield Problem(Code.MOVED, span, f"two entries move to `{move.to}`", "Keep one of them.")
        targets.add(move.to)
