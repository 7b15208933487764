"""Catalogues for tests: entities with the fewest fields that are right, folders, and problems as lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.catalogue.reading import read_all, read_catalogue
from reconciler.checks.environments import check_all
from reconciler.checks.run import check_catalogue
from reconciler.graph.build import graph_of
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Filter, Offer, Placement, Rule, Tag
from reconciler.model.problem import CatalogueInvalid, Problem, Source
from reconciler.model.settings import Settings

SETTINGS = "catalog: test\nenvironments: {local: {repository: embedded}}\n"
AT = datetime(2026, 6, 1, tzinfo=UTC)


def make_tag(**changes: Any) -> Tag:
    return Tag.model_validate({"kind": "tag", "key": "upgrade", "name": "Upgrade", **changes})


def make_placement(**changes: Any) -> Placement:
    return Placement.model_validate({"kind": "placement", "key": "hero", "name": "Hero", **changes})


def make_rule(**changes: Any) -> Rule:
    return Rule.model_validate({"kind": "rule", "key": "adults", "name": "Adults", "condition": "age > 17", **changes})


def make_offer(**changes: Any) -> Offer:
    return Offer.model_validate({"kind": "offer", "key": "seat", "name": "A better seat", **changes})


def make_fallback(**changes: Any) -> Fallback:
    return Fallback.model_validate({"kind": "fallback", "key": "nothing", "name": "Nothing", **changes})


def make_filter(**changes: Any) -> Filter:
    members = {} if {"any_tags", "all_tags"} & changes.keys() else {"offers": []}
    return Filter.model_validate({"kind": "filter", "key": "all", "name": "All", **members, **changes})


def make_activity(**changes: Any) -> Activity:
    wants = {"placement": "hero", "filter": "all", "fallback": "nothing"}
    return Activity.model_validate({"kind": "activity", "key": "home", "name": "Home", **wants, **changes})


def make_catalogue(*entities: Entity) -> Catalogue:
    """A catalogue that no file holds: everything stands in ``KIND/KEY``, on line 1."""
    keys = sorted(entity.entity_key for entity in entities)
    by_key = {entity.entity_key: entity for entity in entities}
    settings = Settings.model_validate({"catalog": "test", "environments": {"local": {"repository": "embedded"}}})
    sources = {key: Source(str(key), lambda _path, _part: (1, 1)) for key in keys}
    source = Source("catalog.yaml", lambda _path, _part: (1, 1))
    return Catalogue(".", settings, source, "local", {key: by_key[key] for key in keys}, sources)


def write_catalogue(folder: Path, files: Mapping[str, str | bytes], settings: str | bytes = SETTINGS) -> Path:
    """Writes a catalogue directory; ``settings`` stands in catalog.yaml."""
    for name, text in {"catalog.yaml": settings, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problem_lines(problems: Iterable[Problem], folder: Path | None = None) -> list[str]:
    """Problems as ``file:line:column CODE message | remedy``, with files as seen from the folder."""
    lines = (
        f"{problem.span} {problem.code}{f' [{problem.environment}]' if problem.environment else ''} "
        f"{problem.message} | {problem.remedy}"
        for problem in problems
    )
    return [line.replace(f"{folder.as_posix()}/", "") if folder else line for line in lines]


def read_lines(folder: Path, at: datetime = AT) -> list[str]:
    """Everything wrong with a catalogue directory, as ``validate`` finds it."""
    try:
        return problem_lines(check_all(read_all(folder), at=at), folder)
    except CatalogueInvalid as error:
        return problem_lines(error.problems, folder)


def format_lines(folder: Path) -> list[str]:
    """What is wrong with the format of a catalogue directory; what its entities mean to each other is left out."""
    try:
        return problem_lines(read_catalogue(folder).problems, folder)
    except CatalogueInvalid as error:
        return problem_lines(error.problems, folder)


def checked_lines(*entities: Entity, at: datetime = AT) -> list[str]:
    """Everything wrong between entities that no file holds."""
    catalogue = make_catalogue(*entities)
    return problem_lines(check_catalogue(catalogue, graph_of(catalogue.entities), at=at))
