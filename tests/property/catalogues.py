"""Random valid catalogues over a small pool of keys and names, so that two of them have much to do with each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Documents = dict[str, dict[str, Any]]

TEXTS = st.sampled_from(["", "one", "two", " two ", "drei\n", "Ünïcode ~ / %;="])
INSTANTS = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T02:00:00.0+02:00", "2027-06-30T12:00:00.25Z"])
RAW = st.recursive(
    st.sampled_from([None, True, 0, 1, 2.5, "x"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b/~", "__c"]), inner, max_size=2)
    ),
    max_leaves=4,
)
EXTRA = st.dictionaries(st.sampled_from(["acme:a", "acme.b"]), RAW, max_size=1)
# The address goes with the id: it cannot change while the id stays.
ASSETS = st.sampled_from([None, None, {"id": "A", "url": "urn:a"}, {"id": "B"}, {"url": "urn:c"}, {"name": "n"}])
OFFER_STATUS = st.sampled_from(["draft", "approved", "archived"])


def some(keys: Sequence[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), unique=True, min_size=least) if keys else st.just([])


@st.composite
def components(draw: st.DrawFn) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": draw(st.sampled_from(["text", "html", "urn:x"])),
        "language": draw(st.sampled_from([[], "en", ["fr", "en"]])),
        "copyline": draw(TEXTS),
        "extra": draw(EXTRA),
    }
    asset = draw(ASSETS)
    return component | ({"asset": asset} if asset else {})


@st.composite
def representations(draw: st.DrawFn, placements: list[str]) -> list[dict[str, Any]]:
    return [
        {"placement": key, "components": draw(st.lists(components(), max_size=3))} for key in draw(some(placements))
    ]


@st.composite
def catalogues(draw: st.DrawFn) -> Documents:
    """Every reference has its target, names are unique where they must be, activities fit their fallbacks."""
    found: Documents = {}
    tags, placements, rules = draw(some(["t0", "t1", "t2"])), draw(some(["p0", "p1"])), draw(some(["r0", "r1"]))
    offers, fallbacks = draw(some(["o0", "o1", "o2"])), draw(some(["b0", "b1"]))
    tag_names = draw(st.permutations(["A", "B", "C"]))
    names = draw(st.permutations(["A", "B", "C", "D", "E"]))
    for key, name in zip(tags, tag_names, strict=False):
        found[f"tag/{key}"] = {"name": name, "extra": draw(EXTRA)}
    for key in placements:
        content_types = draw(some(["a/b", "c/d"]))
        found[f"placement/{key}"] = {"content_types": content_types, "description": draw(TEXTS)}
    for key in rules:
        found[f"rule/{key}"] = {"condition": draw(st.sampled_from(["a = 1", "a = 2", "\n a = 2\n"]))}
    for key, name in zip((*offers, *fallbacks), names, strict=False):
        found[f"offer/{key}" if key in offers else f"fallback/{key}"] = {
            "name": name,
            "status": draw(OFFER_STATUS),
            "tags": draw(some(tags)),
            "characteristics": draw(st.dictionaries(st.sampled_from(["a", "b.c", "d;="]), TEXTS, max_size=2)),
            "representations": draw(representations(placements)),
            "extra": draw(EXTRA),
        }
    for key in offers:
        found[f"offer/{key}"] |= {
            "rule": draw(st.sampled_from([None, *rules])),
            "start": draw(st.none() | INSTANTS),
            "priority": draw(st.integers(0, 2)),
            "caps": draw(st.dictionaries(st.sampled_from(["global", "profile"]), st.integers(1, 2))),
        }
    filters = draw(some(["f0", "f1"]))
    for key in filters:
        form = draw(st.sampled_from(["offers", "any_tags", "all_tags"]))
        found[f"filter/{key}"] = {form: draw(some(offers if form == "offers" else tags))}
    covered = [(key, item["placement"]) for key in fallbacks for item in found[f"fallback/{key}"]["representations"]]
    for key in draw(some(["a0", "a1"])) if filters and covered else ():
        fallback, placement = draw(st.sampled_from(covered))
        found[f"activity/{key}"] = {
            "status": draw(st.sampled_from(["draft", "live", "archived"])),
            "end": draw(st.none() | INSTANTS),
            "placement": placement,
            "filter": draw(st.sampled_from(filters)),
            "fallback": fallback,
        }
    return found


@st.composite
def live_catalogues(draw: st.DrawFn) -> Documents:
    """Customers see offers in each of them: to come from one to another, an activity has to be kept from starving."""
    tag_names, tags = draw(st.permutations(["A", "B", "C"])), ["t0", "t1", "t2"]
    placements = draw(st.sampled_from([["p0"], ["p0", "p1"]]))
    rules, offers = draw(some(["r0", "r1", "r2"])), draw(some(["o0", "o1", "o2", "o3"], least=1))
    found: Documents = {f"tag/{key}": {"name": name} for key, name in zip(tags, tag_names, strict=True)}
    found |= {f"placement/{key}": {} for key in placements}
    found |= {f"rule/{key}": {"condition": draw(st.sampled_from(["a = 1", "a = 2"]))} for key in rules}
    shown = [{"placement": key, "components": [{"type": "text", "copyline": draw(TEXTS)}]} for key in placements]
    names = draw(st.permutations(["A", "B", "C", "D", "E"]))
    for key, name in zip(offers, names, strict=False):
        found[f"offer/{key}"] = {
            "name": name,
            "status": draw(st.sampled_from(["approved", "approved", "approved", "archived"])),
            "tags": draw(some(tags)),
            "rule": draw(st.sampled_from([None, *rules])),
            "priority": draw(st.integers(0, 2)),
            "representations": draw(st.sampled_from([shown, shown[:1], shown[-1:]])),
        }
    for key in draw(st.sampled_from([["b0"], ["b1"], ["b0", "b1"]])):
        found[f"fallback/{key}"] = {"status": "approved", "representations": shown}
    filters = draw(st.sampled_from([["f0"], ["f1"], ["f0", "f1"]]))
    for key in filters:
        form = draw(st.sampled_from(["offers", "any_tags", "all_tags"]))
        found[f"filter/{key}"] = {form: draw(some(offers if form == "offers" else tags, least=1))}
    for key in draw(st.sampled_from([["a0"], ["a0", "a1"]])):
        found[f"activity/{key}"] = {
            "status": draw(st.sampled_from(["live", "live", "live", "archived"])),
            "placement": draw(st.sampled_from(placements)),
            "filter": draw(st.sampled_from(filters)),
            "fallback": draw(st.sampled_from(sorted(name.split("/")[1] for name in found if name.startswith("fallb")))),
        }
    return found
