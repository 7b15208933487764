"""Callers of an emulator in process: short ways to say what a test sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Request, Response

NS = "https://ns.adobe.com/experience/offer-management/"
XCORE = "application/vnd.adobe.platform.xcore."
CREDENTIALS = {"authorization": "Bearer token", "x-api-key": "key", "x-gw-ims-org-id": "org@AdobeOrg"}
PROBLEM = "application/problem+json"


@dataclass
class TickingClock:
    """Each reading is one millisecond later."""

    now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass(frozen=True)
class Made:
    """What a create gave back."""

    id: str
    uri: str
    location: str


def json_of(response: Response) -> Any:
    return json.loads(response.body)


@dataclass
class Caller:
    """Speaks to one emulator with good credentials; extra headers win."""

    emulator: Emulator
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: object = None, **headers: str | None) -> Response:
        """path: below the base path, may hold a query. body: bytes go as they are, anything else as JSON.

        A header whose value is None is left out; underscores in names stand for dashes.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**CREDENTIALS, **self.headers, **named}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        address, _, query = path.partition("?")
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.emulator.handle(Request(method, "/data/core/xcore/" + address, query, sent, raw))

    @property
    def container(self) -> str:
        return self.emulator.container

    def create(self, kind: str, instance: object, links: object = None, **headers: str | None) -> Response:
        body = {"_instance": instance, "_links": {} if links is None else links}
        return self.post(kind, body, **headers)

    def post(self, kind: str, body: object, **headers: str | None) -> Response:
        headers = {"content_type": f'{XCORE}hal+json; schema="{NS}{kind}"', **headers}
        return self.send("POST", f"{self.container}/instances", body, **headers)

    def made(self, kind: str, links: object = None, **instance: object) -> Made:
        """An instance that is there; keywords are properties without their ``xdm:``."""
        response = self.create(kind, xdm(**instance), links)
        assert response.status == 201, response.body
        receipt = json_of(response)
        return Made(receipt["instanceId"], receipt["@id"], response.headers["Location"])

    def get(self, made: Made, **headers: str | None) -> Response:
        return self.send("GET", made.location, **headers)

    def read(self, made: Made) -> Any:
        return json_of(self.get(made))

    def put(self, made: Made, instance: object, links: object = None, **headers: str | None) -> Response:
        return self.put_with(made, {"_instance": instance, "_links": {} if links is None else links}, **headers)

    def put_with(self, made: Made, body: object, **headers: str | None) -> Response:
        kind = made.uri.split(":")[1]
        headers = {"content_type": f'{XCORE}hal+json; schema="{NS}{kind}"', **headers}
        return self.send("PUT", made.location, body, **headers)

    def patch(self, made: Made, *operations: object, **headers: str | None) -> Response:
        return self.patch_with(made, list(operations), **headers)

    def patch_with(self, made: Made, body: object, **headers: str | None) -> Response:
        kind = made.uri.split(":")[1]
        headers = {"content_type": f'{XCORE}patch.hal+json; schema="{NS}{kind}"', **headers}
        return self.send("PATCH", made.location, body, **headers)

    def delete(self, made: Made, **headers: str | None) -> Response:
        return self.send("DELETE", made.location, **headers)

    def delete_and_poll(self, made: Made) -> Any:
        """The outcome of a deletion that is decided at the first poll."""
        asked = self.delete(made)
        assert asked.status == 202, asked.body
        return json_of(self.send("GET", asked.headers["Location"]))

    def list(self, kind: str, **parameters: Any) -> Any:
        response = self.list_response(kind, **parameters)
        assert response.status == 200, response.body
        return json_of(response)

    def list_response(self, kind: str, **parameters: Any) -> Response:
        query = urlencode({"schema": NS + kind, **parameters}, doseq=True)
        return self.send("GET", f"{self.container}/instances?{query}")

    def search(self, kind: str, q: str | None = None, **parameters: Any) -> Any:
        response = self.search_response(kind, q, **parameters)
        assert response.status == 200, response.body
        return json_of(response)

    def search_response(self, kind: str, q: str | None = None, **parameters: Any) -> Response:
        given = parameters if q is None else {"q": q, **parameters}
        query = urlencode({"schema": NS + kind, **given}, doseq=True)
        return self.send("GET", f"{self.container}/queries/core/search?{query}")

    def pages(self, first: Any) -> Iterator[Any]:
        """A page, and those that ``next`` leads to."""
        page = first
        yield page
        while "next" in page["_links"]:
            page = json_of(self.send("GET", page["_links"]["next"]["href"].lstrip("/")))
            yield page


@dataclass
class Inside(Caller):
    """A caller that works in a certain container."""

    where: str = ""

    @property
    def container(self) -> str:
        return self.where


def items_of(page: Any) -> Any:
    return page["_embedded"]["results"]


def names_of(page: Any) -> list[Any]:
    return [item["_instance"]["xdm:name"] for item in items_of(page)]


def ids_of(page: Any) -> list[str]:
    return [item["instanceId"] for item in items_of(page)]


def xdm(**instance: object) -> dict[str, object]:
    """Properties named without their prefix: ``name`` is ``xdm:name``; ``ids`` stays."""
    return {name if name == "ids" or ":" in name else f"xdm:{name}": value for name, value in instance.items()}


def op(name: str, path: str, **more: object) -> dict[str, object]:
    """One operation of a patch; ``source`` is its ``from``."""
    members = {"from" if key == "source" else key: value for key, value in more.items()}
    return {"op": name, "path": path, **members}
