"""Where things live: hrefs, Locations and built paths turned into absolute addresses on our own host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from reconciler.repository.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.repository.errors import Call

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Base:
    """The repository's base address, always with its last slash, and everything that is found from it."""

    url: str

    @classmethod
    def of(cls, url: str) -> Base:
        """The base for an address with or without the last slash."""
        return cls(url.rstrip("/") + "/")

    def instances(self, container: str) -> str:
        """Where instances are listed and created (clauses C, E)."""
        return f"{self.url}{_segment(container)}/instances"

    def instance(self, container: str, instance_id: str) -> str:
        """One instance, when nobody told its address (clause A8)."""
        return f"{self.instances(container)}/{_segment(instance_id)}"

    def search(self, container: str) -> str:
        """Where instances are searched (clause F)."""
        return f"{self.url}{_segment(container)}/queries/core/search"

    def append(self, href: str, call: Call) -> str:
        """The address of an href in a body: appended to the base, never joined to the host (clause C3).

        Raises ``Malformed`` for one on another host or one that climbs out of the base.
        """
        if href.startswith("//") or _has_scheme(href):
            return self.own(href, call)
        return self.own(self.url + href.lstrip("/"), call)

    def located(self, location: str, content_base: str | None, call: Call) -> str:
        """The address in a Location header, resolved against Content-Base by RFC 3986 (clause C3)."""
        if location.startswith("/") and not location.startswith("//") and not location.startswith(self._path):
            return self.append(location, call)
        return self.own(urljoin(content_base or self.url, location), call)

    def own(self, address: str, call: Call | None = None) -> str:
        """The address itself, if it lies below this base; raises ``Malformed`` if not."""
        try:
            inside = _origin(address) == _origin(self.url) and self._holds_path(urlsplit(address).path)
        except ValueError:
            inside = False
        if not inside or not address.isprintable():
            raise Malformed(f"an address outside {self.url}: {address}", call=call)
        return address

    @property
    def _path(self) -> str:
        return urlsplit(self.url).path

    def _holds_path(self, path: str) -> bool:
        steps = unquote(path).replace("\\", "/").split("/")
        return (path + "/").startswith(self._path) and not {".", ".."} & set(steps)


def with_query(address: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The address with these parameters, every reserved character encoded; a ``+`` never means a space."""
    return f"{address}?{urlencode(pairs, quote_via=quote, safe='')}" if pairs else address


def path_of(address: str) -> str:
    """The path alone, as messages show it."""
    return urlsplit(address).path or "/"


def _segment(name: str) -> str:
    return quote(name, safe="")


def _has_scheme(href: str) -> bool:
    head = href.split("/", 1)[0].split("?", 1)[0]
    return ":" in head


def _origin(url: str) -> tuple[str, str | None, int | None, bool]:
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname, port, "@" in parts.netloc
