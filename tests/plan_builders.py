"""Catalogues and live states in memory, and a repository in process, for tests of live, diff, plan and apply.

A catalogue is written ``{"tag/a": {}, "offer/x": {"tags": ["a"]}}``; a name is the key's unless given. In memory the
instance of ``offer/x`` has the id ``x-offer`` and the URI ``xcore:personalized-offer:x``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonpatch

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.outcomes import Report
from reconciler.diff.changes import Changes
from reconciler.diff.compare import compare
from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.live.identity import Identity, identify
from reconciler.live.snapshot import LiveInstance, LiveState, read_live_async
from reconciler.model.catalogue import Catalogue, Pin
from reconciler.model.entities import ENTITY_TYPES, Entity
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.problem import Source, SourceSpan
from reconciler.model.settings import Settings
from reconciler.model.spelling import flatten, to_xdm
from reconciler.model.stamp import LINK, Stamp, bases_of, read_stamp
from reconciler.plan.build import Options, build_plan
from reconciler.plan.steps import Plan, Step
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.port import Instance

CATALOG = "skyline-air"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
UNGUARDED = Options(allow_deletes=10**9)
Documents = Mapping[str, Mapping[str, Any]]

_TYPES = {entity.KIND.value: entity for entity in ENTITY_TYPES}


# ---------------------------------------------------------------- Git


def key_of(text: str) -> EntityKey:
    kind, _, name = text.partition("/")
    return EntityKey(Kind(kind), name)


def make_entity(key: str, **fields: Any) -> Entity:
    kind, _, name = key.partition("/")
    return _TYPES[kind].model_validate({"kind": kind, "key": name, "name": name, **fields})


def make_catalogue(documents: Documents, pins: Mapping[str, str] | None = None, **settings: Any) -> Catalogue:
    """settings: as in ``catalog.yaml``; each entity stands at line 1 of a file named after its key.

    pins: URIs by key, at line 1 of a file of their own.
    """
    entities = {key_of(key): make_entity(key, **fields) for key, fields in documents.items()}
    ordered = {key: entities[key] for key in sorted(entities)}
    given = {"catalog": CATALOG, "environments": {"test": {"repository": "embedded"}}, **settings}
    sources = {key: _source(f"{key}.yaml") for key in ordered}
    made = Catalogue(".", Settings.model_validate(given), _source("catalog.yaml"), "test", ordered, sources)
    place = SourceSpan("environments/test/ids.yaml", 1, 1)
    return replace(made, pins={key_of(key): Pin(uri, place) for key, uri in (pins or {}).items()})


def _source(file: str) -> Source:
    return Source(file, lambda _path, _part: (1, 1))


# ---------------------------------------------------------------- live, in memory


def uri_of(key: EntityKey) -> str:
    return f"xcore:{KINDS[key.kind].type_name}:{key.name}"


def live_after(documents: Documents, *others: LiveInstance) -> LiveState:
    """What is live once these documents were applied, with some more instances."""
    owned = [stored(make_entity(key, **fields)) for key, fields in documents.items()]
    return state_of([*owned, *others])


def stored(entity: Entity) -> LiveInstance:
    """An entity's instance as its create leaves it."""
    key = entity.entity_key
    stamp = Stamp(CATALOG, key, None, _told(entity), entity.protect)
    return make_instance(key.kind, key.name, to_xdm(entity, uri_of), links={LINK: stamp.link()})


def _told(entity: Entity) -> dict[str, str]:
    bases = bases_of(entity.KIND, flatten(entity), uri_of)
    return {name: base for name, base in bases.items() if isinstance(base, str)}


def make_instance(
    kind: Kind,
    name: str,
    properties: Mapping[str, Any],
    *,
    links: Mapping[str, Any] | None = None,
    created: str = "2026-01-01T00:00:00.000Z",
) -> LiveInstance:
    uri = uri_of(EntityKey(kind, name))
    instance = Instance(
        f"{name}-{kind.value}",
        uri,
        (KINDS[kind].schema,),
        "1",
        f"http://test/{name}-{kind.value}",
        created,
        created,
        "someone",
        "someone",
        {"@id": uri, **properties},
        links or {},
    )
    return LiveInstance(kind, instance, read_stamp(instance.links))


def state_of(instances: Iterable[LiveInstance]) -> LiveState:
    by_kind: dict[Kind, list[LiveInstance]] = {kind: [] for kind in Kind}
    for item in instances:
        by_kind[item.kind].append(item)
    return LiveState("box", {kind: tuple(items) for kind, items in by_kind.items()})


def edited(live: LiveState, key: str, *operations: Mapping[str, Any]) -> LiveState:
    """The same, after somebody patched the instance of a key."""
    return state_of(_patched(item, operations) if item.uri == uri_of(key_of(key)) else item for item in live)


def _patched(item: LiveInstance, operations: Iterable[Mapping[str, Any]]) -> LiveInstance:
    envelope = {"_instance": item.instance.properties, "_links": item.instance.links}
    after = jsonpatch.apply_patch(envelope, list(operations))
    instance = replace(item.instance, etag="2", properties=after["_instance"], links=after["_links"])
    return LiveInstance(item.kind, instance, read_stamp(instance.links))


def add(path: str, value: Any) -> dict[str, Any]:
    """One operation. path: below ``_instance``, e.g. ``/xdm:name``."""
    return {"op": "add", "path": f"/_instance{path}", "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/_instance{path}"}


# ---------------------------------------------------------------- products


def changes_between(documents: Documents, live: LiveState) -> Changes:
    return compare(make_catalogue(documents), identity_of(documents, live))


def identity_of(documents: Documents, live: LiveState) -> Identity:
    return identify(make_catalogue(documents), live)


def make_plan(documents: Documents, live: LiveState, *, options: Options = UNGUARDED, **settings: Any) -> Plan:
    return build_plan(make_catalogue(documents, **settings), live, now=NOW, options=options)


def step_ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def step_of(plan: Plan, name: str) -> Step:
    return next(step for step in plan.steps if step.id == name)


def patch_of(step: Step) -> list[Mapping[str, Any]]:
    """The operations of a step without the one that writes the stamp."""
    return [operation for operation in step.patch if not operation["path"].startswith("/_links")]


# ---------------------------------------------------------------- a repository in process


@asynccontextmanager
async def repository() -> AsyncIterator[RepositoryWriter]:
    """An empty repository that lives as long as the block."""
    token = FixedToken(Secret("t"))
    settings = Connection("http://localhost/data/core/xcore/", "prod", org="o", api_key="k", token=token)
    with Emulator.open() as emulator:
        async with open_writer(settings, app=asgi_app(emulator)) as writer:
            await writer.resolve_container()
            yield writer


async def plan_for(
    documents: Documents, writer: RepositoryWriter, *, options: Options = UNGUARDED, **settings: Any
) -> Plan:
    return make_plan(documents, await read_live_async(writer), options=options, **settings)


async def applied(documents: Documents, writer: RepositoryWriter) -> Report:
    return await apply_plan_async(await plan_for(documents, writer), writer)
