"""How many requests each command makes over a catalogue of 500 and of 1,000 entities: to the last one as promised.

Home 1, the pages of the listings, the anchor, the referrers read before each archiving, the writes, the polls of
deletes, and the pages of the kinds created in.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.live.snapshot import PAGE_SIZE
from reconciler.model.kinds import KINDS, Kind
from reconciler.repository.port import IDS_MAX
from tests.e2e.conftest import Serve, Served, Workplace
from tests.generate import Sizes, sizes, write_generated

pytestmark = pytest.mark.e2e

HOME = 1
ANCHOR = Counter(GET=1, PATCH=2)  # sought, taken, released
NEW_ANCHOR = Counter(GET=1, POST=1, PATCH=1)
SECOND = "catalog: {name}\nenvironments:\n  test: {{repository: '{url}', container: {container}}}\n"
Asked = Counter[str]


@dataclass
class Scene:
    """A catalogue beside a served repository. catalogue: the folder that the commands work in."""

    place: Workplace
    server: Served
    many: Sizes
    catalogue: Path
    anchors: int = 0
    seen: int = field(default=0)

    def asked(self, *arguments: str, code: int = 0) -> Asked:
        """The requests of one command, by method."""
        self.seen = len(self.server.requests)
        import time; t=time.time()
        ran = self.place.run(arguments[0], str(self.catalogue), *arguments[1:])
        print(arguments, time.time()-t)
        assert ran.code == code, ran.out + ran.err
        return Counter(request["method"] for request in self.server.requests[self.seen :])

    def reading(self, *, empty: bool = False) -> int:
        """The pages of the seven kinds; a kind without instances has one."""
        counts = {kind: 0 if empty else count for kind, count in self.counts.items()}
        counts[Kind.TAG] += self.anchors
        return sum(pages(count, PAGE_SIZE) for count in counts.values())

    @property
    def counts(self) -> dict[Kind, int]:
        return {
            kind: getattr(self.many, f"{kind.value}s" if kind is not Kind.ACTIVITY else "activities") for kind in Kind
        }

    @property
    def entities(self) -> int:
        return sum(self.counts.values())


def pages(count: int, size: int) -> int:
    return max(1, -(-count // size))


@pytest.fixture(params=[500, 1000])
def scene(request: pytest.FixtureRequest, tmp_path: Path, serve: Serve) -> Scene:
    """A generated catalogue that nothing is live of yet."""
    server = serve()
    write_generated(tmp_path / "cat", request.param)
    place = Workplace(tmp_path)
    (place.root / "catalog.yaml").write_text(
        SECOND.format(name="generated", url=server.url, container=server.container)
    )
    return Scene(place, server, sizes(request.param), place.root)


def test_every_command_asks_for_as_much_as_is_promised(scene: Scene) -> None:
    """One life of a catalogue, since each part of it needs those before."""
    new_is_listed(scene)
    scene.anchors = 1
    what_reads_asks_for_pages_only(scene)
    patches(scene)
    a_saved_plan_is_held_against_one_more_reading(scene)
    imports(scene)
    adoptions(scene)
    everything_goes(scene)


def new_is_listed(scene: Scene) -> None:
    assert scene.asked("plan") == Counter(GET=HOME + scene.reading(empty=True))
    asked = scene.asked("apply", "--yes")
    scene.anchors = 1
    reading = HOME + scene.reading(empty=True)
    listed = sum(min(pages(count, IDS_MAX), pages(count, PAGE_SIZE)) for count in scene.counts.values())
    assert asked == NEW_ANCHOR + Counter(GET=reading + listed, POST=scene.entities)


def what_reads_asks_for_pages_only(scene: Scene) -> None:
    reading = Counter(GET=HOME + scene.reading())
    for command in ("plan", "drift", "list", "pull", "import", "graph"):
        assert scene.asked(command) == (reading if command != "graph" else Counter()), command
    seen = len(scene.server.requests)
    assert scene.place.run("show", "-C", str(scene.catalogue), "offer/offer-1").code == 0
    assert len(scene.server.requests) - seen == reading["GET"]


def patches(scene: Scene) -> None:
    for file in scene.catalogue.glob("offers/*/*.yaml"):
        file.write_text(file.read_text().replace("season: summer", "season: winter"))
    asked = scene.asked("apply", "--yes", "--allow-updates", str(scene.many.offers))
    assert asked == ANCHOR + Counter(GET=HOME + scene.reading(), PATCH=scene.many.offers)


def a_saved_plan_is_held_against_one_more_reading(scene: Scene) -> None:
    for file in scene.catalogue.glob("offers/*/*.yaml"):
        file.write_text(file.read_text().replace("season: winter", "season: spring"))
    said = ("--allow-updates", str(scene.many.offers))
    assert scene.asked("plan", "--out", "saved.json", *said) == Counter(GET=HOME + scene.reading())
    asked = scene.asked("apply", "--plan", "saved.json")
    assert asked == ANCHOR + Counter(GET=HOME + scene.reading(), PATCH=scene.many.offers)
    assert scene.asked("apply", "--plan", "saved.json") == ANCHOR + Counter(GET=HOME + scene.reading())


def imports(scene: Scene) -> None:
    """What carries our stamp and has no file."""
    copy = scene.place.folder / "second"
    copy.mkdir()
    (copy / "catalog.yaml").write_text((scene.catalogue / "catalog.yaml").read_text())
    scene.catalogue = copy
    assert scene.asked("import") == Counter(GET=HOME + scene.reading())
    assert len(list(copy.glob("offers/*.yaml"))) == scene.many.offers
    assert scene.asked("plan", "--detailed-exitcode") == Counter(GET=HOME + scene.reading())


def adoptions(scene: Scene) -> None:
    """A page's save strips every stamp."""
    strip_stamps(scene.server)
    refused = scene.asked("plan", code=1)
    assert refused == Counter(GET=HOME + scene.reading())
    asked = scene.asked("apply", "--yes", "--adopt-up-to", str(scene.entities))
    assert asked == ANCHOR + Counter(GET=HOME + scene.reading(), PATCH=scene.entities)


def everything_goes(scene: Scene) -> None:
    asked = scene.asked("destroy", "--yes", "--allow-deletes", str(scene.entities))
    archived = scene.many.offers + scene.many.fallbacks + scene.many.activities
    referrers = scene.many.offers + scene.many.fallbacks  # nothing can refer to an activity
    polled = scene.entities - scene.many.activities
    anchor = Counter(GET=2, PATCH=1, DELETE=1)  # sought, taken, deleted, polled
    reading = HOME + scene.reading()
    assert asked == anchor + Counter(GET=reading + referrers + polled, PATCH=archived, DELETE=scene.entities)


def strip_stamps(server: Served) -> None:
    with server.client() as client:
        for info in KINDS.values():
            for item in server.live(info.schema.rpartition("/")[2]):
                body: list[dict[str, Any]] = [{"op": "remove", "path": "/_links/reconciler:managed"}]
                patched = client.patch(
                    item["_links"]["self"]["href"].lstrip("/"),
                    content=json.dumps(body),
                    headers={
                        "Content-Type": f'application/vnd.adobe.platform.xcore.patch.hal+json; schema="{info.schema}"'
                    },
                )
                assert patched.status_code == 200, patched.text
