"""Texts -> a ``Catalogue`` and the problems of its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reconciler.catalogue.complaints import problems_of
from reconciler.catalogue.documents import Document, parse_documents
from reconciler.catalogue.files import Files, TextFile, read_files
from reconciler.catalogue.revision import read_revision
from reconciler.model.catalogue import Catalogue
from reconciler.model.collector import collector_paused
from reconciler.model.entities import ENTITY_TYPES, AnyEntity, Entity
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import CatalogueInvalid, Code, Problem, Source, SourceSpan
from reconciler.model.settings import Settings

_BY_KIND = {entity.KIND.value: entity for entity in ENTITY_TYPES}
_KINDS = ", ".join(kind.value for kind in Kind)


class WrongEnvironment(ReconcilerError):
    """The environment is not said, or not known; this is wrong usage of the command."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read, and everything wrong with its format; entities that do not fit are left out."""

    catalogue: Catalogue
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Found:
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    sources: dict[EntityKey, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_catalogue(root: Path, environment: str | None = None) -> Loaded:
    """Read a catalogue directory for one environment; without a name, for its default or only one.

    Raises ``CatalogueInvalid`` when ``catalog.yaml`` itself cannot be used, ``WrongEnvironment`` when the
    environment must be named or is unknown, ``ReconcilerError`` when there is no catalogue.
    """
    with collector_paused():
        files = read_files(root)
        settings, source = _read_settings(files.settings)
        name = _choose(settings, environment)
        found = _Found(problems=list(files.problems))
        found.problems.extend(_shared_containers(settings, source))
        found.problems.extend(_not_yet(settings, source, files))
        adapter: TypeAdapter[Entity] = TypeAdapter(AnyEntity)
        for file in files.entities:
            _read_entities(file, adapter, found)
        revision = read_revision(root)
        keys = sorted(found.entities)
    catalogue = Catalogue(
        root.as_posix(),
        settings,
        source,
        name,
        {key: found.entities[key] for key in keys},
        found.sources,
        revision.commit,
        revision.dirty,
    )
    return Loaded(catalogue, tuple(sorted(found.problems, key=lambda problem: problem.order)))


# ---------------------------------------------------------------- settings


def _read_settings(file: TextFile) -> tuple[Settings, Source]:
    source = Source(file.name, partial(file.source.locate, 0))
    documents, problems = _documents(file)
    if not problems and len(documents) != 1:
        problems = [Problem(Code.SETTINGS, source.span(), "should hold one document", "Write the settings here.")]
    if problems:
        raise CatalogueInvalid(problems)
    value = documents[0].value
    try:
        return Settings.model_validate(value), source
    except ValidationError as error:
        raise CatalogueInvalid(tuple(problems_of(error, value, source, Settings))) from None


def _choose(settings: Settings, asked: str | None) -> str:
    names = sorted(settings.environments)
    choice = asked or settings.default_environment or (names[0] if len(names) == 1 else None)
    if choice is None:
        raise WrongEnvironment("the catalogue has several environments", remedy=f"Say --env {' | --env '.join(names)}.")
    if choice not in settings.environments:
        raise WrongEnvironment(f"there is no environment `{choice}`", remedy=f"There are: {', '.join(names)}.")
    return choice


def _shared_containers(settings: Settings, source: Source) -> Iterator[Problem]:
    first: dict[tuple[str, str | None, str], str] = {}
    for name, environment in settings.environments.items():
        place = (environment.repository.rstrip("/"), environment.container, environment.sandbox)
        if place in first:
            yield Problem(
                Code.SHARED_CONTAINER,
                source.span("environments", name),
                f"`{name}` and `{first[place]}` are one container",
                "Give each environment a container or sandbox of its own.",
            )
        first.setdefault(place, name)


# ---------------------------------------------------------------- entities


def _documents(file: TextFile) -> tuple[list[Document], list[Problem]]:
    documents, complaints = parse_documents(file.source.text)
    problems = [
        Problem(wrong.code, _at(file, wrong.line, wrong.column), wrong.message, wrong.remedy) for wrong in complaints
    ]
    return documents, problems


def _at(file: TextFile, line: int, column: int) -> SourceSpan:
    return SourceSpan(file.name, line, column)


def _read_entities(file: TextFile, adapter: TypeAdapter[Entity], found: _Found) -> None:
    documents, problems = _documents(file)
    found.problems.extend(problems)
    single = len(documents) == 1
    for document in documents:
        source = Source(file.name, partial(file.source.locate, document.index))
        value = document.value
        if not isinstance(value, dict):
            found.problems.append(
                Problem(Code.DOCUMENT, source.span(), "this document is no entity", "Write `kind: …` and its fields.")
            )
            continue
        if "key" not in value and single:
            value = {**value, "key": file.stem}
        entity = _entity(value, adapter, source, found)
        if entity is not None:
            _add(entity, source, found)


def _entity(value: dict[str, Any], adapter: TypeAdapter[Entity], source: Source, found: _Found) -> Entity | None:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in _BY_KIND:
            found.problems.append(_wrong_kind(kind, source))
        else:
            found.problems.extend(problems_of(error, value, source, _BY_KIND[kind]))
        return None


def _wrong_kind(kind: Any, source: Source) -> Problem:
    from difflib import get_close_matches

    if kind is None:
        return Problem(Code.KIND, source.span(), "`kind` is missing", f"Add `kind:` with one of {_KINDS}.")
    near = get_close_matches(str(kind), _BY_KIND, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else f"The kinds are {_KINDS}."
    return Problem(Code.KIND, source.span("kind"), f"`{kind}` is no kind", remedy)


def _add(entity: Entity, source: Source, found: _Found) -> None:
    key = entity.entity_key
    if key in found.entities:
        other = found.sources[key].span("key")
        found.problems.append(
            Problem(
                Code.DUPLICATE_KEY,
                source.span("key"),
                f"{key} is also written at {other}",
                "Give one of the two another key, or remove it.",
            )
        )
        return
    found.entities[key] = entity
    found.sources[key] = source
    found.problems.extend(_entity_not_yet(entity, source))


# ---------------------------------------------------------------- not yet

_LATER: Mapping[str, str] = {
    "moved": "renaming keys",
    "forget": "handing entities back",
    "ignore": "leaving fields to the live side",
    "checks": "setting the levels of checks",
    "policies": "rules of your own",
}


def _not_yet(settings: Settings, source: Source, files: Files) -> Iterator[Problem]:
    for name, what in _LATER.items():
        if getattr(settings, name):
            yield _later(source.span(name), f"`{name}` ({what})")
    for file in files.overlays:
        yield _later(_at(file, 1, 1), "a file below `environments/` (overlays and pins)")


def _entity_not_yet(entity: Entity, source: Source) -> Iterator[Problem]:
    for name, used in (("external", entity.external), ("protect", entity.protect), ("only", entity.only)):
        if used:
            yield _later(source.span(name), f"`{name}`")


def _later(span: SourceSpan, what: str) -> Problem:
    return Problem(
        Code.NOT_YET,
        span,
        f"{what} does not act yet in this version",
        "Remove it, or wait for the version that acts on it.",
    )
