"""The anchor: one tag of each catalogue that is no entity, and keeps what a run must know of the runs before it.

Its name is ``reconciler:<catalog>``. Tags have unique names, so that making it is a compare-and-set. What it keeps
stands in its stamp's title, in the stamp's spelling: ``a1;commit=…;roots=…;run=…;holder=…;process=…;term=…;beat=…``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from reconciler.model.kinds import KINDS, Kind
from reconciler.model.stamp import LINK, escape, unescape
from reconciler.repository.port import Instance

FORMAT = "a1"
PREFIX = "reconciler:"
SCHEMA = KINDS[Kind.TAG].schema
_HREF = re.compile(r"urn:reconciler:([a-z0-9][a-z0-9-]{0,62})/anchor")


@dataclass(frozen=True, slots=True)
class Lease:
    """One run's right to write. run: its id; holder: who, for people; process: which process of which host, for us.

    term_s: how long it lasts after each renewal.   beat: counts renewals.
    """

    run: str
    holder: str
    process: str
    term_s: float
    beat: int = 0


@dataclass(frozen=True, slots=True)
class AnchorState:
    """What an anchor keeps.

    commit: the last one that was applied in full.   roots: the root commits of its Git repository, or its ``uid``;
    empty: not known.   lease: of the run that may write now, or could until its end.
    """

    catalog: str
    commit: str | None = None
    roots: frozenset[str] = frozenset()
    lease: Lease | None = None

    @property
    def name(self) -> str:
        """The name of the tag."""
        return f"{PREFIX}{self.catalog}"

    def link(self) -> dict[str, str]:
        """The stamp that says all this."""
        parts = {"commit": self.commit or "", "roots": ",".join(sorted(self.roots))}
        if self.lease is not None:
            lease = self.lease
            parts |= {"run": lease.run, "holder": lease.holder, "process": lease.process}
            parts |= {"term": f"{lease.term_s:g}", "beat": str(lease.beat)}
        told = (f"{name}={escape(value)}" for name, value in parts.items() if value)
        return {"href": f"urn:reconciler:{self.catalog}/anchor", "title": ";".join((FORMAT, *told))}

    def links(self) -> dict[str, dict[str, str]]:
        """All links of the tag."""
        return {LINK: self.link()}

    def is_of_another(self, roots: frozenset[str]) -> bool:
        """Whether another Git repository than that of these roots applies it; False where one of them is not known."""
        return bool(self.roots and roots) and self.roots.isdisjoint(roots)

    def free(self) -> AnchorState:
        """The same without a lease."""
        return replace(self, lease=None)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor as it was read."""

    instance: Instance
    state: AnchorState


def read_anchor(instance: Instance) -> Anchor | None:
    """The anchor that a tag is; None when it is none."""
    link = instance.links.get(LINK)
    if not isinstance(link, dict) or not isinstance(link.get("href"), str):
        return None
    match = _HREF.fullmatch(link["href"])
    title = link.get("title")
    if match is None or instance.properties.get("xdm:name") != f"{PREFIX}{match[1]}":
        return None
    return Anchor(instance, _state(match[1], title if isinstance(title, str) else ""))


def _state(catalog: str, title: str) -> AnchorState:
    head, *parts = title.split(";")
    if head != FORMAT:
        return AnchorState(catalog)
    told = {name: unescape(value) for name, _, value in (part.partition("=") for part in parts)}
    roots = frozenset(told.get("roots", "").split(",")) - {""}
    return AnchorState(catalog, told.get("commit") or None, roots, _lease(told))


def _lease(told: dict[str, str]) -> Lease | None:
    try:
        term_s, beat = float(told.get("term", "")), int(told.get("beat", "0"))
    except ValueError:
        return None
    if not told.get("run"):
        return None
    return Lease(told["run"], told.get("holder", "somebody"), told.get("process", ""), term_s, beat)
