"""What the live side forbids: references from outside, names that others hold, values that cannot change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.diff.changes import Changes, Patch
from reconciler.live.ownership import Copies, Ownership, describe
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.spelling import live_references
from reconciler.model.stamp import LINK
from reconciler.plan.steps import PlanProblem, PlanWarning

_NAME = "xdm:name"
_SHOWN = 5
COPIES_REMEDY = "Delete the copies in the repository, or remove the stamp from them."


@dataclass(frozen=True, slots=True)
class Referrers:
    """Who refers to what, live. ours: the keys of our entities; others: instances that are not ours."""

    ours: Mapping[EntityKey, tuple[EntityKey, ...]]
    others: Mapping[EntityKey, tuple[LiveInstance, ...]]


def find_referrers(live: LiveState, ownership: Ownership, targets: frozenset[EntityKey]) -> Referrers:
    """The live referrers of these entities."""
    ours: defaultdict[EntityKey, list[EntityKey]] = defaultdict(list)
    others: defaultdict[EntityKey, list[LiveInstance]] = defaultdict(list)
    if not targets:
        return Referrers({}, {})
    for item in live:
        named = {ownership.names.get(uri) for _path, uri in live_references(item.kind, item.instance.properties)}
        for target in named:
            if target is None or target not in targets:
                continue
            source = ownership.names.get(item.uri)
            if source is not None:
                ours[target].append(source)
            else:
                others[target].append(item)
    return Referrers(
        {key: tuple(sorted(found)) for key, found in ours.items()}, {key: tuple(found) for key, found in others.items()}
    )


def delete_problems(referrers: Referrers) -> Iterator[PlanProblem]:
    """Deletes that would be rejected, because an instance that is not ours refers to the target."""
    for key, found in sorted(referrers.others.items(), key=lambda pair: pair[0]):
        names = ", ".join(describe(item) for item in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield PlanProblem(
            key,
            f"cannot be deleted: {names}{more} outside this catalogue still "
            f"{'refers' if len(found) == 1 else 'refer'} to it",
            "Have the reference removed first, or put the file back.",
        )


def kept_problems(changes: Changes, referrers: Referrers) -> Iterator[PlanProblem]:
    """Deletes that would be rejected, because an entity of ours keeps its reference: no step takes it away."""
    going = {delete.key for delete in changes.deletes}
    written = going | {patch.key for patch in changes.patches}
    hidden: defaultdict[EntityKey, list[str]] = defaultdict(list)
    for key, name in changes.hidden:
        hidden[key].append(name)
    for key, sources in sorted(referrers.ours.items()):
        left = [source for source in sources if source not in going and _left_alone(source, key, hidden[source])]
        kept = left or [source for source in sources if source not in written]
        if kept:
            names = ", ".join(str(source) for source in kept[:_SHOWN])
            more = f" and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
            where = " in a field that is left to the live side (`ignore`)" if left else ""
            yield PlanProblem(
                key,
                f"cannot be deleted: {names}{more} still {'refers' if len(kept) == 1 else 'refer'} to it{where}",
                "Have the reference removed in the repository first, or put the file back.",
            )


def _left_alone(source: EntityKey, target: EntityKey, hidden: Collection[str]) -> bool:
    """Whether the reference stands in a field that differs and is left to the live side."""
    referring = {field.name for field in KINDS[source.kind].fields if field.target is target.kind}
    parts = ((field, part) for field, _, part in (name.partition("[") for name in hidden))
    return any(field in referring and part in {"", f"{target.name}]"} for field, part in parts)


def copy_problems(copies: Iterable[Copies], keys: Collection[EntityKey]) -> Iterator[PlanProblem]:
    """Entities of these keys whose instance cannot be told from its copies, or is gone and left only copies."""
    for found in copies:
        if found.original is None and found.key in keys:
            lone = len(found.copies) == 1
            why = (
                "the instance that its stamp names is gone" if lone else "which instance is its original cannot be told"
            )
            yield PlanProblem(
                found.key,
                f"{why}; its stamp stands on {_described(found)}",
                "If that is the original now, pin it below environments/NAME/; else delete it."
                if lone
                else "Pin the original below environments/NAME/, or delete the copies in the repository.",
            )


def last_of_a_stamp_problems(copies: Iterable[Copies], leaving: Collection[EntityKey]) -> Iterator[PlanProblem]:
    """Entities that would leave behind a copy whose stamp names no instance: alone, it would pass for the entity."""
    for found in copies:
        posing = tuple(item for item in found.copies if item.stamp is not None and item.stamp.instance_id is None)
        if found.original is not None and found.key in leaving and posing:
            names = ", ".join(describe(item) for item in posing)
            yield PlanProblem(
                found.key,
                f"once it is gone its copies would pass for it: {names}",
                f"Delete these copies in the repository, or take the link {LINK} off them; then plan again.",
            )


def copy_warnings(ownership: Ownership, keys: Collection[EntityKey]) -> Iterator[PlanWarning]:
    """Copies that are left alone."""
    for found in ownership.copies:
        if found.original is not None:
            copied = f"{describe(found.original)} has been copied with its stamp: {_described(found)}"
            yield PlanWarning(found.key, f"{copied}; copies are never touched", COPIES_REMEDY)
        elif found.key not in keys:
            yield PlanWarning(
                found.key,
                f"it is gone, but its stamp stands on {_described(found)}; copies are never touched",
                COPIES_REMEDY,
            )


def _described(found: Copies) -> str:
    return ", ".join(describe(item) for item in found.copies)


def asset_problems(changes: Changes) -> Iterator[PlanProblem]:
    """Changes of what the repository never lets change: the address of an asset that keeps its id."""
    for patch in changes.patches:
        for change in patch.changes:
            if change.document[:1] == ("representations",) and change.document[4:] == ("asset", "url"):
                live = "not set" if change.before is None else f"`{change.before}`"
                yield PlanProblem(
                    patch.key,
                    f"`{change.path}` cannot change while the asset's id stays (live: {live})",
                    "Put the live value back, or replace the component in two applies: remove it, then add it.",
                )


# ---------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class NameHandOver:
    """Who waits for whose name. rename_first: holders that give their name up by a temporary one."""

    waits_for: Mapping[EntityKey, EntityKey]
    rename_first: frozenset[EntityKey]
    problems: tuple[PlanProblem, ...]


def hand_over_names(
    changes: Changes, live: LiveState, ownership: Ownership, deleted: frozenset[EntityKey]
) -> NameHandOver:
    """Settle who takes which unique name from whom. deleted: the entities that this plan deletes."""
    takers = {key: name for key, name in _takers(changes) if KINDS[key.kind].unique_names}
    if not takers:
        return NameHandOver({}, frozenset(), ())
    holders = _holders(live)
    renamed = {patch.key for patch in changes.patches if _renames(patch)}
    waits_for: dict[EntityKey, EntityKey] = {}
    problems: list[PlanProblem] = []
    for key, name in sorted(takers.items(), key=lambda pair: pair[0]):
        holder = holders.get((KINDS[key.kind].unique_names, name))
        if holder is None:
            continue
        held_by = ownership.names.get(holder.uri)
        if held_by == key:
            continue
        if held_by is not None and (held_by in deleted or held_by in renamed):
            waits_for[key] = held_by
        else:
            problems.append(_taken(key, name, holder, ownership))
    first = frozenset(holder for holder in waits_for.values() if holder in deleted) | _rings(waits_for)
    return NameHandOver(waits_for, first, tuple(problems))


def _takers(changes: Changes) -> Iterator[tuple[EntityKey, str]]:
    for create in changes.creates:
        yield create.key, create.entity.name or ""
    for patch in changes.patches:
        if _renames(patch):
            yield patch.key, patch.entity.name or ""


def _renames(patch: Patch) -> bool:
    return any(change.path == "name" for change in patch.changes)


def _holders(live: LiveState) -> dict[tuple[str | None, str], LiveInstance]:
    """Who has which unique name now."""
    named = ((KINDS[item.kind].unique_names, item.instance.properties.get(_NAME), item) for item in live)
    return {(group, name): item for group, name, item in named if group and isinstance(name, str)}


def _taken(key: EntityKey, name: str, holder: LiveInstance, ownership: Ownership) -> PlanProblem:
    held_by = ownership.names.get(holder.uri)
    copied = next((found.key for found in ownership.copies if holder in found.copies), None)
    if copied is not None:
        return PlanProblem(
            key,
            f"its name `{name}` is held by {describe(holder)}, which carries the stamp of {copied} beside others",
            "Rename or delete that instance in the repository, or remove the stamp from it.",
        )
    if held_by is not None:
        return PlanProblem(
            key,
            f"its name `{name}` is held by {held_by}, which is gone from Git but not deleted by this plan",
            "Let that be deleted, or choose another name.",
        )
    owner = f"catalogue {holder.stamp.catalog}" if holder.stamp else "nobody's catalogue"
    return PlanProblem(
        key,
        f"its name `{name}` is held by {describe(holder)}, which belongs to {owner}",
        "Choose another name, or have that instance renamed or deleted.",
    )


def _rings(waits_for: Mapping[EntityKey, EntityKey]) -> frozenset[EntityKey]:
    """One key of each ring of entities that wait for one another: the smallest."""
    found: set[EntityKey] = set()
    settled: set[EntityKey] = set()
    for start in sorted(waits_for):
        walked: dict[EntityKey, None] = {}  # in order
        key: EntityKey | None = start
        while key is not None and key not in settled and key not in walked:
            walked[key] = None
            key = waits_for.get(key)
        if key is not None and key in walked:
            way = list(walked)
            found.add(min(way[way.index(key) :]))
        settled.update(walked)
    return frozenset(found)
