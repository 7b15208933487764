"""Errors in what ``catalog.yaml`` and ``only`` say: RC031 to RC034."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.intents import CATALOG_PREFIX, hides, moves, parse_key
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.problem import Code, Problem, SourceSpan

_SPELLING = "Write KIND/KEY, such as offer/summer-10."


def check_intents(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """What is said of moves, of entities handed back, of fields left alone, and of environments."""
    yield from _moved(catalogue)
    yield from _forgotten(catalogue)
    yield from _ignored(catalogue)
    yield from _environments(catalogue)


def _moved(catalogue: Catalogue) -> Iterator[Problem]:
    targets: set[str] = set()
    for index, move in enumerate(catalogue.settings.moved):
        span = catalogue.settings_source.span("moved", index)
        if move.from_.startswith(CATALOG_PREFIX):
            yield from _catalog_moved(catalogue, index, move.from_, move.to)
            continue
        old, new = parse_key(move.from_), parse_key(move.to or "")
        if old is None or new is None:
            wrong = move.from_ if old is None else move.to or ""
            yield Problem(Code.MOVED, span, f"`{wrong}` is no key", _SPELLING)
            continue
        if old.kind is not new.kind:
            yield Problem(Code.MOVED, span, f"{old} cannot become {new}", "A key moves within its kind.")
        if old in catalogue.entities or old in catalogue.elsewhere:
            message = f"`{old}` is said to have moved to `{new}`, but it still exists"
            yield Problem(Code.MOVED, span, message, "Remove the entity, or this entry.")
        if move.to in targets:
            yield Problem(Code.MOVED, span, f"two entries move to `{move.to}`", "Keep one of them.")
        targets.add(move.to or "")
    yield from _circles(catalogue)


def _catalog_moved(catalogue: Catalogue, index: int, old: str, new: str | None) -> Iterator[Problem]:
    span = catalogue.settings_source.span("moved", index)
    if old.removeprefix(CATALOG_PREFIX) == catalogue.name:
        yield Problem(Code.MOVED, span, f"`{old}` is this catalogue's name", "Name the one that it had before.")
    if new is not None and new != f"{CATALOG_PREFIX}{catalogue.name}":
        yield Problem(Code.MOVED, span, f"a catalogue moves to this one, not to `{new}`", "Leave `to` out.")


def _circles(catalogue: Catalogue) -> Iterator[Problem]:
    following = {move.from_: move.to for move in catalogue.settings.moved}
    for index, move in enumerate(catalogue.settings.moved):
        key, steps = move.to, 0
        while key is not None and key != move.from_ and steps <= len(following):
            key, steps = following.get(key), steps + 1
        if key == move.from_:
            span = catalogue.settings_source.span("moved", index)
            yield Problem(Code.MOVED, span, f"`{key}` comes back to itself", "Keep the last of these moves.")


def _forgotten(catalogue: Catalogue) -> Iterator[Problem]:
    new_key = moves(catalogue.settings)
    for index, entry in enumerate(catalogue.settings.forget):
        key = parse_key(entry.key)
        span = catalogue.settings_source.span("forget", index)
        if key is None:
            yield Problem(Code.FORGOTTEN, span, f"`{entry.key}` is no key", _SPELLING)
        elif (new := new_key.get(key)) is not None:
            message = f"{key} is to be handed back, but `moved` makes it {new}"
            yield Problem(Code.FORGOTTEN, span, message, f"Hand back {new}, or remove the move.")
        elif (entity := catalogue.entities.get(key)) is not None and entity.external is None:
            message = f"{key} is to be handed back, but {catalogue.span(key)} still manages it"
            yield Problem(Code.FORGOTTEN, span, message, "Remove the entity, or this entry.")


def _ignored(catalogue: Catalogue) -> Iterator[Problem]:
    for index, rule in enumerate(catalogue.settings.ignore):
        source = catalogue.settings_source
        kind, slash, _glob = rule.select.partition("/")
        kinds = [each for each in Kind if fnmatchcase(each.value, kind)]
        if not slash or not kinds:
            span = source.span("ignore", index, "select")
            yield Problem(Code.IGNORED, span, f"`{rule.select}` selects nothing", "Write KIND/KEY; * stands for any.")
        elif not any(_is_field(each, rule.field) for each in kinds):
            names = ", ".join(field.name for field in KINDS[kinds[0]].fields)
            span = source.span("ignore", index, "field")
            message = f"`{rule.field}` is no field of {' or '.join(each.value for each in kinds)}"
            yield Problem(Code.IGNORED, span, message, f"The fields are {names}.")


def _is_field(kind: Kind, name: str) -> bool:
    known = [field.name for field in KINDS[kind].fields]
    return (
        hides((name,), "extra.x")
        or name.startswith("extra.")
        or any(hides((name,), field) or hides((field,), name) for field in known)
    )


def _environments(catalogue: Catalogue) -> Iterator[Problem]:
    known = catalogue.settings.environments
    for key, entity in catalogue.entities.items():
        for index, name in enumerate(entity.only or ()):
            if name not in known:
                span: SourceSpan = catalogue.span(key, "only", index)
                remedy = f"The environments are {', '.join(sorted(known))}."
                yield Problem(Code.ENVIRONMENT, span, f"there is no environment `{name}`", remedy)
