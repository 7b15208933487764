"""Texts -> a ``Catalogue`` and the problems of its format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reconciler.catalogue.complaints import KEY_RULE, did_you_mean, problems_of, show
from reconciler.catalogue.documents import Document, parse_documents
from reconciler.catalogue.files import Files, TextFile, read_files
from reconciler.catalogue.layers import Layer, Layers, lay_over, read_layers
from reconciler.catalogue.revision import Revision, read_revision
from reconciler.model.catalogue import Catalogue
from reconciler.model.collector import collector_paused
from reconciler.model.entities import ENTITY_TYPES, KEY_PATTERN, Entity
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import CatalogueInvalid, Code, Part, Problem, Source, SourceSpan
from reconciler.model.settings import Settings

_BY_KIND: Mapping[str, type[Entity]] = {entity.KIND.value: entity for entity in ENTITY_TYPES}
_KINDS = ", ".join(kind.value for kind in Kind)
_KEY = re.compile(KEY_PATTERN)
_ENDS_READING = {Code.SYNTAX, Code.LIMIT}


class WrongEnvironment(ReconcilerError):
    """The environment is not said, or not known; this is wrong usage of the command."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read, and everything wrong with its format; entities that do not fit are left out."""

    catalogue: Catalogue
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class LoadedAll:
    """A catalogue as its files stand, without any layer, and for each environment that has it otherwise.

    Where an entity is meant for some environments only, all of them are there.
    """

    as_written: Loaded
    environments: Mapping[str, Loaded]


@dataclass(slots=True)
class _Found:
    """What the files of the base hold. documents: the values of entities that some environment has otherwise."""

    overlaid: frozenset[EntityKey] = frozenset()
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    sources: dict[EntityKey, Source] = field(default_factory=dict)
    documents: dict[EntityKey, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[EntityKey] = field(default_factory=set)
    whole: bool = True

    def complain(self, code: Code, span: SourceSpan, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, span, message, remedy))


def read_catalogue(
    root: Path, environment: str | None = None, files: Files | None = None, revision: Revision | None = None
) -> Loaded:
    """Read a catalogue directory for one environment; without a name, for its default or only one.

    files: its texts, where they are not those on the disk.   revision: the commit that they are of.
    Raises ``CatalogueInvalid``, with what is wrong in all files, when ``catalog.yaml`` itself cannot be used;
    ``WrongEnvironment`` when the environment must be named or is unknown; ``ReconcilerError`` when there is no
    catalogue.
    """
    with collector_paused():
        reading = _Reading.of(root, files, revision)
        return reading.for_environment(_choose(reading.settings, environment))


def read_all(root: Path, environment: str | None = None) -> LoadedAll:
    """Read a catalogue directory as it is written, and for every environment that differs; or for a named one only.

    Raises as ``read_catalogue``.
    """
    with collector_paused():
        reading = _Reading.of(root)
        names = (
            sorted(reading.settings.environments) if environment is None else [_choose(reading.settings, environment)]
        )
        limited = any(entity.only is not None for entity in reading.found.entities.values())
        differing = {name: reading.for_environment(name) for name in names if limited or reading.differs_in(name)}
        return LoadedAll(reading.as_written(), differing)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Everything read from disk, before an environment is chosen."""

    root: Path
    settings: Settings
    source: Source
    found: _Found
    layers: Layers
    revision: Revision

    @classmethod
    def of(cls, root: Path, files: Files | None = None, revision: Revision | None = None) -> _Reading:
        files = files or read_files(root)
        found = _Found(problems=list(files.problems), whole=not files.problems)
        try:
            settings, source = _read_settings(files.settings)
        except CatalogueInvalid as invalid:
            for file in files.entities:
                _read_entities(file, found)
            raise CatalogueInvalid([*found.problems, *invalid.problems]) from None
        layers = read_layers(files.overlays, settings.environments)
        found.overlaid = layers.overlaid
        for file in files.entities:
            _read_entities(file, found)
        found.problems.extend(layers.problems)
        found.problems.extend(_shared_containers(settings, source))
        found.problems.extend(_settings_not_yet(settings, source))
        return cls(root, settings, source, found, layers, revision or read_revision(root))

    def differs_in(self, environment: str) -> bool:
        """Whether this environment has a layer of its own."""
        layer = self.layers.by_environment[environment]
        return bool(layer.overlays or layer.pins or layer.problems)

    def as_written(self) -> Loaded:
        """The base: every entity, without layers."""
        return self._loaded(min(self.settings.environments), dict(self.found.entities), self.found.sources, Layer())

    def for_environment(self, environment: str) -> Loaded:
        """What is meant for one environment."""
        layer = self.layers.by_environment[environment]
        problems = list(layer.problems)
        unread = set[EntityKey]()
        entities = {key: entity for key, entity in self.found.entities.items() if _meant_for(entity, environment)}
        sources = dict(self.found.sources) if layer.overlays else self.found.sources
        for key, overlay in layer.overlays.items():
            if self._has_base(key, environment, overlay.source.span("key"), problems):
                merged, sources[key] = lay_over(self.found.documents[key], overlay, self.found.sources[key])
                laid = _Found()
                entity = _entity(merged, sources[key], laid, frozenset())
                problems += laid.problems
                unread |= laid.unread
                if entity is not None:
                    entities[key] = entity
        pins = {key: pin for key, pin in layer.pins.items() if self._has_base(key, environment, pin.source, problems)}
        told = [replace(problem, environment=environment) for problem in problems]
        return self._loaded(environment, entities, sources, Layer({}, pins, told, layer.whole), unread)

    def _has_base(self, key: EntityKey, environment: str, span: SourceSpan, problems: list[Problem]) -> bool:
        """Whether there is an entity below this overlay or pin; else that is told, once."""
        entity = self.found.entities.get(key)
        if entity is not None and _meant_for(entity, environment):
            return True
        if entity is not None:
            message, remedy = f"{key} is not meant for this environment", "Remove this document, or add to its `only`."
            problems.append(Problem(Code.OVERLAY, span, message, remedy))
        elif key not in self.found.unread and self.found.whole:
            names = [other.name for other in self.found.entities if other.kind is key.kind]
            remedy = did_you_mean(key.name, names) or "Remove this document, or add the entity."
            problems.append(Problem(Code.OVERLAY, span, f"there is no {key.kind.value} `{key.name}` below it", remedy))
        return False

    def _loaded(
        self,
        environment: str,
        entities: Mapping[EntityKey, Entity],
        sources: Mapping[EntityKey, Source],
        layer: Layer,
        unread: Iterable[EntityKey] = (),
    ) -> Loaded:
        catalogue = Catalogue(
            self.root.as_posix(),
            self.settings,
            self.source,
            environment,
            {key: entities[key] for key in sorted(entities, key=lambda key: key.order)},
            sources,
            self.revision.commit,
            self.revision.dirty,
            frozenset({*self.found.unread, *unread}),
            self.found.whole and layer.whole,
            layer.pins,
            frozenset(self.found.entities.keys() - entities.keys()),
        )
        problems = sorted((*self.found.problems, *layer.problems), key=lambda problem: problem.order)
        return Loaded(catalogue, tuple(problems))


def _meant_for(entity: Entity, environment: str) -> bool:
    return entity.only is None or environment in entity.only


# ---------------------------------------------------------------- settings


def _read_settings(file: TextFile) -> tuple[Settings, Source]:
    source = Source(file.name, partial(file.source.locate, 0))
    documents, problems = read_documents(file)
    settings = None
    if not problems:
        settings, problems = _settings(documents, file, source)
    if settings is None:
        raise CatalogueInvalid(problems)
    return settings, source


def _settings(documents: list[Document], file: TextFile, source: Source) -> tuple[Settings | None, list[Problem]]:
    if not documents:
        remedy = "Begin with `catalog: NAME` and `environments:`."
        return None, [Problem(Code.SETTINGS, source.span(), f"{file.path} is empty", remedy)]
    if len(documents) > 1:
        second = SourceSpan(file.name, *file.source.locate(documents[1].index, (), Part.VALUE))
        remedy = "Keep one; entities belong in files of their own."
        return None, [Problem(Code.SETTINGS, second, f"{file.path} holds a second document", remedy)]
    value = documents[0].value
    try:
        settings = Settings.model_validate(value)
    except ValidationError as error:
        return None, list(problems_of(error, value, source, Settings))
    problem = _unknown_default(settings, source)
    return (None, [problem]) if problem else (settings, [])


def _unknown_default(settings: Settings, source: Source) -> Problem | None:
    name = settings.default_environment
    if name is None or name in settings.environments:
        return None
    remedy = did_you_mean(name, settings.environments) or f"There are: {', '.join(sorted(settings.environments))}."
    return Problem(Code.SETTINGS, source.span("default_environment"), f"there is no environment `{name}`", remedy)


def _choose(settings: Settings, asked: str | None) -> str:
    names = sorted(settings.environments)
    choice = asked or settings.default_environment or (names[0] if len(names) == 1 else None)
    if choice is None:
        raise WrongEnvironment("the catalogue has several environments", remedy=f"Say --env {' | --env '.join(names)}.")
    if choice not in settings.environments:
        raise WrongEnvironment(f"there is no environment `{choice}`", remedy=f"There are: {', '.join(names)}.")
    return choice


def _shared_containers(settings: Settings, source: Source) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for name, environment in settings.environments.items():
        repository = environment.repository.rstrip("/").lower()
        # Containers have ids of their own; without one it is the only container of the sandbox.
        place = (repository, f"container {environment.container}" if environment.container else environment.sandbox)
        if place in first:
            yield Problem(
                Code.SHARED_CONTAINER,
                source.key_span("environments", name),
                f"the environments `{first[place]}` and `{name}` are one container",
                "Give each a container or a sandbox of its own.",
            )
        first.setdefault(place, name)


# ---------------------------------------------------------------- entities


def read_documents(file: TextFile) -> tuple[list[Document], list[Problem]]:
    """The YAML documents of a file, and what cannot be read in it."""
    documents, complaints = parse_documents(file.source.text)
    problems = [
        Problem(wrong.code, _at(file, wrong.line, wrong.column), wrong.message, wrong.remedy) for wrong in complaints
    ]
    return documents, problems


def _at(file: TextFile, line: int, column: int) -> SourceSpan:
    return SourceSpan(file.name, line, column)


def _read_entities(file: TextFile, found: _Found) -> None:
    documents, problems = read_documents(file)
    found.problems.extend(problems)
    ended = any(problem.code in _ENDS_READING for problem in problems)
    found.whole = found.whole and not ended
    single = len(documents) == 1 and not ended
    told = frozenset(problem.span for problem in problems)
    for document in documents:
        source = file.source_of(document)
        value = document.value
        if not isinstance(value, dict):
            remedy = "Write `kind: …` and the fields of an entity."
            found.complain(Code.DOCUMENT, source.span(), f"this document is {show(value)}, not an entity", remedy)
            continue
        if "key" not in value and single:
            value = {**value, "key": _key_of_file(file, source, found)}
        entity = _entity(value, source, found, told)
        if entity is not None and document.sound:
            _add(entity, value, source, found)
        elif entity is not None:
            found.unread.add(entity.entity_key)


def _key_of_file(file: TextFile, source: Source, found: _Found) -> str:
    """The key of an entity that does not write its own."""
    if _KEY.fullmatch(file.stem):
        return file.stem
    found.complain(
        Code.KEY,
        source.span(),
        f"`key` is missing, and the file's name {show(file.stem)} is no valid one",
        f"Add `key: …`, or rename the file. {KEY_RULE}",
    )
    return ""


def _entity(value: dict[str, Any], source: Source, found: _Found, told: frozenset[SourceSpan]) -> Entity | None:
    """The entity that a document spells; of what is wrong at one place, only what was told first is told."""
    kind, key = value.get("kind"), value.get("key")
    entity_type = _BY_KIND.get(kind) if isinstance(kind, str) else None
    if entity_type is None:
        found.problems.append(_wrong_kind(kind, source))
        if isinstance(key, str):
            found.unread.update(EntityKey(each, key) for each in Kind)
        return None
    if key == "":  # told before
        value = {**value, "key": "0"}
    try:
        entity = entity_type.model_validate(value)
    except ValidationError as error:
        problems = problems_of(error, value, source, entity_type)
        found.problems.extend(problem for problem in problems if problem.span not in told)
        if isinstance(key, str):
            found.unread.add(EntityKey(entity_type.KIND, key))
        return None
    return entity if key != "" else None


def _wrong_kind(kind: Any, source: Source) -> Problem:
    if kind is None:
        return Problem(Code.KIND, source.span("kind"), "`kind` is missing", f"Add `kind:` with one of {_KINDS}.")
    near = did_you_mean(kind.lower(), _BY_KIND) if isinstance(kind, str) else None
    remedy = near or f"The kinds are {_KINDS}."
    return Problem(Code.KIND, source.span("kind"), f"{show(kind)} is no kind", remedy)


def _add(entity: Entity, value: dict[str, Any], source: Source, found: _Found) -> None:
    key = entity.entity_key
    if key in found.entities:
        other = found.sources[key].span("key")
        remedy = "Give one of the two another key, or remove it."
        found.complain(Code.DUPLICATE_KEY, source.span("key"), f"{key} is also written at {other}", remedy)
        return
    found.entities[key] = entity
    found.sources[key] = source
    if key in found.overlaid:
        found.documents[key] = value


# ---------------------------------------------------------------- not yet

_LATER: Mapping[str, str] = {
    "checks": "setting the levels of checks",
    "policies": "rules of your own",
}


def _settings_not_yet(settings: Settings, source: Source) -> Iterator[Problem]:
    for name, what in _LATER.items():
        if getattr(settings, name):
            yield _later(source.key_span(name), f"`{name}` ({what})")


def _later(span: SourceSpan, what: str) -> Problem:
    return Problem(
        Code.NOT_YET,
        span,
        f"{what} does not act yet in this version",
        "Remove it, or wait for the version that acts on it.",
    )
