"""The leaves in which two unequal values differ, as DeepDiff finds them. The only place that imports it, and late."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.canonical import Json
from reconciler.model.problem import Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """One place in which two values differ; None where one side has nothing."""

    path: Path
    before: Json
    after: Json
    removed: bool = False  # nothing stands there afterwards; null is something


def leaves(before: Json, after: Json) -> tuple[Leaf, ...]:
    """The differing leaves of two JSON values, sorted by path. A list with any difference is one leaf."""
    from deepdiff import DeepDiff

    # Two dicts with few keys in common are still two dicts, and a key may begin with underscores.
    found = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    unique: dict[Path, Leaf] = {}
    for level in (item for group in found.values() for item in group):
        path = _until_list(before, after, tuple(level.path(output_format="list")))
        unique.setdefault(path, Leaf(path, _at(before, path), _at(after, path), not _stands(after, path)))
    return tuple(sorted(unique.values(), key=lambda leaf: [str(step) for step in leaf.path]))


def _until_list(before: Json, after: Json, path: Path) -> Path:
    """A path cut where it enters a list: inside one, positions are no identity."""
    for length, step in enumerate(path):
        if isinstance(step, int) and any(
            isinstance(_at(side, path[:length]), list | tuple) for side in (before, after)
        ):
            return path[:length]
    return path


def _stands(value: Json, path: Path) -> bool:
    parent = _at(value, path[:-1])
    return not path or (isinstance(parent, dict) and path[-1] in parent)


def _at(value: Json, path: Path) -> Json:
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return None
    return value
