"""The leaves in which two unequal values differ, as DeepDiff finds them. The only place that imports it, and late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.canonical import Json, canonical_json
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
    if isinstance(before, dict) and isinstance(after, dict):
        found = [leaf for name in {**before, **after} for leaf in _of_member(name, before, after)]
    else:
        found = list(_found(before, after))
    return tuple(sorted(found, key=lambda leaf: [str(step) for step in leaf.path]))


def _of_member(name: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Leaf]:
    """The leaves of one member: itself, unless it is a mapping on both sides. Most differences are found here."""
    old, new = before.get(name), after.get(name)
    if name not in before or name not in after:
        yield Leaf((name,), old, new, name not in after)
    elif isinstance(old, dict) and isinstance(new, dict):
        if old != new or canonical_json(old) != canonical_json(new):
            yield from (Leaf((name, *leaf.path), leaf.before, leaf.after, leaf.removed) for leaf in _found(old, new))
    elif type(old) is not type(new) or (canonical_json(old) != canonical_json(new)):
        yield Leaf((name,), old, new)


def _found(before: Json, after: Json) -> Iterator[Leaf]:
    from deepdiff import DeepDiff

    # Two dicts with few keys in common are still two dicts, and a key may begin with underscores.
    one, other = _with_whole_lists(before), _with_whole_lists(after)
    found = DeepDiff(one, other, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    for path in (tuple(level.path(output_format="list")) for group in found.values() for level in group):
        yield Leaf(path, _at(before, path), _at(after, path), not _stands(after, path))


def _with_whole_lists(value: Json) -> Json:
    """The value with bytes for every list: positions are no identity, and inside lists DeepDiff takes 1 for true."""
    if isinstance(value, dict):
        return {name: _with_whole_lists(item) for name, item in value.items()}
    return canonical_json(value).encode() if isinstance(value, list | tuple) else value


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
