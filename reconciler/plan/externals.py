"""What ours make of others' instances: the checks of ``validate`` that need to know what is live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from reconciler.checks.references import check_components
from reconciler.checks.selection import fallback_problems, only_fallback_problems
from reconciler.graph.build import graph_of
from reconciler.live.externals import with_externals
from reconciler.live.identity import Identity
from reconciler.live.ownership import describe
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Filter, Offer
from reconciler.model.kinds import EntityKey, Kind
from reconciler.plan.steps import PlanProblem, PlanWarning


class Externals:
    """Judges the entities that refer to others' instances, as those are live."""

    def __init__(self, catalogue: Catalogue, identity: Identity) -> None:
        self.identity = identity
        self.catalogue = with_externals(catalogue, identity) if identity.externals else catalogue

    def problems(self) -> Iterator[PlanProblem]:
        """Activities and representations that others' fallbacks and placements do not fit."""
        if not self.identity.externals:
            return
        for key, entity in self.catalogue.entities.items():
            if key in self.identity.externals or entity.external is not None:
                continue
            if isinstance(entity, Activity):
                yield from self._fallback(key, entity)
            elif isinstance(entity, Offer | Fallback):
                yield from self._components(key, entity)

    def warnings(self) -> Iterator[PlanWarning]:
        """Live activities whose fallback is somebody else's and not in service, or that show nothing but theirs."""
        users: defaultdict[str, list[EntityKey]] = defaultdict(list)
        for key, entity in self.catalogue.entities.items() if self.identity.externals else ():
            if not isinstance(entity, Activity) or entity.external is not None:
                continue
            if self._is_external(Kind.FALLBACK, entity.fallback):
                for problem in fallback_problems(self.catalogue, key, entity):
                    yield PlanWarning(key, problem.message, problem.remedy)
            used = self.catalogue.entities.get(EntityKey(Kind.FILTER, entity.filter or ""))
            if isinstance(used, Filter) and used.external is None:
                users[used.key].append(key)
        for name, keys in users.items():
            yield from self._only_fallback(EntityKey(Kind.FILTER, name), keys)

    def _fallback(self, key: EntityKey, activity: Activity) -> Iterator[PlanProblem]:
        if activity.placement is None or not self._is_external(Kind.FALLBACK, activity.fallback):
            return
        fallback_key = EntityKey(Kind.FALLBACK, activity.fallback or "")
        fallback = self.catalogue.entities[fallback_key]
        if isinstance(fallback, Fallback) and all(
            item.placement != activity.placement for item in fallback.representations
        ):
            described = describe(self.identity.externals[fallback_key])
            message = f"{described}, which is somebody else's, has no representation for `{activity.placement}`"
            yield PlanProblem(key, message, "Use another fallback, or have one added to it.")

    def _components(self, key: EntityKey, entity: Offer | Fallback) -> Iterator[PlanProblem]:
        shown = {EntityKey(Kind.PLACEMENT, item.placement) for item in entity.representations}
        placements = {name: self.catalogue.entities[name] for name in shown & self.identity.externals.keys()}
        if not placements:
            return
        judged: dict[EntityKey, Entity] = {key: entity, **placements}
        for problem in check_components(replace(self.catalogue, entities=judged), graph_of(judged)):
            yield PlanProblem(key, problem.message, "Change the component, or use another placement.")

    def _only_fallback(self, key: EntityKey, activities: list[EntityKey]) -> Iterator[PlanWarning]:
        """Where others' offers are listed, only what is live tells whether one of them is shown."""
        chosen = self.catalogue.entities[key]
        listed = chosen.offers or () if isinstance(chosen, Filter) else ()
        if not any(self._is_external(Kind.OFFER, name) for name in listed):
            return
        for activity, problem in only_fallback_problems(self.catalogue, activities, frozenset(listed)):
            yield PlanWarning(activity, problem.message, problem.remedy)

    def _is_external(self, kind: Kind, name: str | None) -> bool:
        return name is not None and EntityKey(kind, name) in self.identity.externals
