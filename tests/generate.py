"""Writes a believable catalogue of any size: ``python -m tests.generate FOLDER COUNT``.

The same count always gives the same files. Up to 10,000 entities there is neither an error nor a warning in it; above
that, the service's documented limits are exceeded, as they would be.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETTINGS = "catalog: generated\nenvironments:\n  local: {repository: embedded}\n"
TYPES = (("html", "text/html"), ("text", "text/plain"), ("imagelink", "image/png"))


@dataclass(frozen=True)
class Sizes:
    """How many entities of each kind a catalogue of one size has."""

    tags: int
    placements: int
    rules: int
    filters: int
    activities: int
    fallbacks: int
    offers: int


def sizes(count: int) -> Sizes:
    """Shares as in real catalogues: two of three entities are offers. At least ten entities."""
    tags = max(1, count // 25)
    placements = max(1, count // 100)
    rules = max(1, count // 8)
    activities = max(2, count // 20)
    rest = count - tags - placements - rules - 2 * activities - placements
    return Sizes(tags, placements, rules, activities, activities, placements, rest)


def entity_files(count: int) -> Iterator[tuple[str, str]]:
    """Path and text of every entity."""
    many = sizes(count)
    for index in range(many.tags):
        yield f"tags/theme-{index}.yaml", f"kind: tag\nkey: theme-{index}\nname: Theme {index}\n"
    for index in range(many.placements):
        yield f"placements/place-{index}.yaml", _placement(index)
    for index in range(many.rules):
        yield f"rules/segment-{index}.yaml", _rule(index)
    for index in range(many.offers):
        yield f"offers/{index // 500}/offer-{index}.yaml", _offer(index, many)
    for index in range(many.fallbacks):
        yield f"fallbacks/default-{index}.yaml", _fallback(index)
    for index in range(many.filters):
        yield f"filters/choice-{index}.yaml", _filter(index, many)
    for index in range(many.activities):
        yield f"activities/decision-{index}.yaml", _activity(index, many)


def _placement(index: int) -> str:
    kind, content = TYPES[index % 3]
    return f"""\
kind: placement
key: place-{index}
name: Place {index}
channel: web
component_type: {kind}
content_types: [{content}]
description: Where visitors of page {index} look first
"""


def _rule(index: int) -> str:
    return f"""\
kind: rule
key: segment-{index}
name: Segment {index}
condition: |
  loyalty.points > {index * 10}
  and homeAddress.countryCode = "US"
"""


def _offer(index: int, many: Sizes) -> str:
    # Round k of the tags belongs to placement k, so that every tag has an offer for each placement that asks for it.
    tag, other = index % many.tags, (index * 7 + 3) % many.tags
    place = _placement_of(tag, many)
    places = sorted({place, (place + 1) % many.placements})
    tags = sorted({tag, other})
    representations = "".join(_representation(index, number) for number in places)
    return f"""\
kind: offer
key: offer-{index}
name: Offer {index}
status: approved
tags: [{", ".join(f"theme-{number}" for number in tags)}]
rule: segment-{index % many.rules}
start: 2026-01-{index % 28 + 1:02d}T00:00:00Z
end: 2099-12-31T23:59:59+01:00
priority: {index % 100}
caps: {{global: {1000 + index}, profile: {index % 5 + 1}}}
characteristics:
  season: summer
  margin: "{index % 40}"
representations:
{representations}"""


def _placement_of(tag: int, many: Sizes) -> int:
    return tag % many.placements


def _representation(index: int, place: int) -> str:
    kind, content = TYPES[place % 3]
    text = {
        "html": f"content: |\n          <p>Our offer number {index}</p>\n          <p>Only this week</p>",
        "text": f'copyline: "Our offer: number {index}"',
        "imagelink": f"link: https://shop.example/offers/{index}",
    }[kind]
    return f"""\
  - placement: place-{place}
    components:
      - type: {kind}
        format: {content}
        language: [en]
        {text}
"""


def _fallback(index: int) -> str:
    return f"""\
kind: fallback
key: default-{index}
name: Default {index}
status: approved
representations:
{_representation(index, index)}"""


def _filter(index: int, many: Sizes) -> str:
    tag = index % many.tags
    match index % 3:
        case 0:
            members = f"any_tags: [theme-{tag}]"
        case 1:
            members = f"all_tags:\n  - theme-{tag}"
        case _:
            tagged = range(tag, many.offers, many.tags)
            members = f"offers: [{', '.join(f'offer-{number}' for number in tagged)}]"
    return f"kind: filter\nkey: choice-{index}\nname: Choice {index}\n{members}\n"


def _activity(index: int, many: Sizes) -> str:
    place = _placement_of(index % many.tags, many)
    return f"""\
kind: activity
key: decision-{index}
name: Decision {index}
status: live
start: 2026-01-01T00:00:00Z
end: 2099-12-31T00:00:00Z
placement: place-{place}
filter: choice-{index}
fallback: default-{place}
"""


def write_generated(folder: Path, count: int) -> None:
    """Writes a catalogue of ``count`` entities into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalog.yaml").write_text(SETTINGS)
    for name, text in entity_files(count):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    write_generated(Path(sys.argv[1]), int(sys.argv[2]))
