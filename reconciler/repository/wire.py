"""The API's spelling: media types and headers out, JSON bodies in; whatever was not promised is Malformed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from reconciler.repository.auth import fit_for_header
from reconciler.repository.errors import FieldError, Malformed, Problem, one_line
from reconciler.repository.port import (
    Container,
    Deleted,
    DeleteOutcome,
    DeleteRejected,
    Instance,
    Page,
    Receipt,
    Referrer,
)

if TYPE_CHECKING:
    from reconciler.repository.addresses import Base
    from reconciler.repository.errors import Call

VENDOR = "application/vnd.adobe.platform.xcore"
RECEIPT = f"{VENDOR}.xdm.receipt+json"
HOME = f"{VENDOR}.home.hal+json"
RESULTS = f'{VENDOR}.hal+json; schema="https://ns.adobe.com/experience/xcore/hal/results"'
CONTAINER_SCHEMA = "https://ns.adobe.com/experience/xcore/container"
ERRORS_SHOWN = 100


def hal(schema: str) -> str:
    """The media type of one instance of a schema (clauses A3, A4)."""
    return f"{VENDOR}.hal+json; schema={_quoted(schema)}"


def patch_hal(schema: str) -> str:
    """The media type of a JSON Patch of an instance of a schema (clauses A3, A4)."""
    return f"{VENDOR}.patch.hal+json; schema={_quoted(schema)}"


def etag_header(etag: str) -> str:
    """A revision as If-Match and If-None-Match carry it (clause D2)."""
    return _quoted(etag)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def envelope(properties: Mapping[str, Any], links: Mapping[str, Any]) -> bytes:
    """The body of a create or replace; ``_links`` is present even when empty (clause C1)."""
    return encoded({"_instance": properties, "_links": links})


def encoded(value: object) -> bytes:
    """JSON text; non-ASCII is escaped, so that even a lone surrogate makes a legal body."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain).encode()


def _plain(value: object) -> object:
    """Let read-only mappings travel as the objects they stand for."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    call: Call

    def malformed(self, what: str) -> Malformed:
        """The error that says what this answer lacks."""
        return Malformed(what, call=self.call, status=self.status)

    def document(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ``Malformed``."""
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type")
            raise self.malformed(f"a body that is not JSON ({kind}, {len(self.body)} bytes)") from error
        if not isinstance(value, dict):
            raise self.malformed("a body that is not a JSON object")
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read_instance(document: Mapping[str, Any], base: Base, answer: Answer, otherwise: Callable[[str], str]) -> Instance:
    """One instance from its envelope (clause D1); ``…ByClientId`` is not needed.

    otherwise: the address for an instance id, when the envelope has no ``self`` link.
    """
    properties = _member(document, "_instance", answer)
    links = document.get("_links") or {}
    if not isinstance(links, dict):
        raise answer.malformed("_links that is not an object")
    instance_id = _text(document, "instanceId", answer)
    return Instance(
        instance_id=instance_id,
        uri=_optional(properties, "@id") or "",
        schemas=tuple(name for name in document.get("schemas") or () if isinstance(name, str)),
        etag=_etag(document, answer),
        address=_address(links, base, answer) or otherwise(instance_id),
        created=_optional(document, "repo:createdDate") or "",
        modified=_optional(document, "repo:lastModifiedDate") or "",
        created_by=_optional(document, "repo:createdBy"),
        modified_by=_optional(document, "repo:lastModifiedBy"),
        properties=properties,
        links={name: link for name, link in links.items() if name != "self"},
    )


def read_page(answer: Answer, base: Base, otherwise: Callable[[str], str]) -> tuple[Page, str | None]:
    """One page and the address of the next, None after the last (clauses E1, E5, E6)."""
    document = answer.document()
    embedded = _member(document, "_embedded", answer)
    total, count = _count(embedded, "total", answer), _count(embedded, "count", answer)
    results = embedded.get("results")
    if not isinstance(results, list):
        raise answer.malformed("a page without results")
    if count != len(results) or total < count:
        raise answer.malformed(f"a page of {len(results)} results that says it has {count} of {total}")
    items = tuple(read_instance(_object(item, answer), base, answer, otherwise) for item in results)
    following = _next(document, base, answer)
    return Page(items, total, count, following is not None), following


def read_receipt(answer: Answer, base: Base, otherwise: Callable[[str], str]) -> Receipt:
    """The receipt of a write; its address is the Location, the link, or the one we know (clause A8)."""
    document = answer.document()
    instance_id = _text(document, "instanceId", answer)
    links = document.get("_links")
    return Receipt(
        instance_id=instance_id,
        uri=_optional(document, "@id") or "",
        etag=_etag(document, answer),
        address=located(answer, base)
        or (_address(links, base, answer) if isinstance(links, dict) else None)
        or otherwise(instance_id),
        modified=_optional(document, "repo:lastModifiedDate") or "",
    )


def read_outcome(answer: Answer) -> DeleteOutcome | None:
    """What became of a deletion, judged by ``outcome`` alone (clause H2); None if the body does not say."""
    document = answer.document() if answer.body.strip() else {}
    match document.get("outcome"):
        case "deleted":
            return Deleted()
        case "rejected":
            referrers = document.get("referencedBy") or []
            if not isinstance(referrers, list):
                raise answer.malformed("referencedBy that is not a list")
            named = tuple(_referrer(_object(item, answer)) for item in referrers)
            return DeleteRejected(named, _optional(document, "reason"))
        case _:
            return None


def read_containers(answer: Answer) -> tuple[Container, ...]:
    """The containers in the home document (clause B1)."""
    embedded = _member(answer.document(), "_embedded", answer)
    found = embedded.get(CONTAINER_SCHEMA)
    if not isinstance(found, list):
        raise answer.malformed("a home document without a list of containers")
    return tuple(_container(_object(item, answer), answer) for item in found)


def read_problem(answer: Answer) -> Problem:
    """What an error body says, in either shape (clauses A2, A6); an unreadable one says nothing."""
    try:
        body = answer.document()
    except Malformed:
        return Problem()
    listed = body.get("errors")
    current = body.get("current")
    return Problem(
        type=_words(body.get("type")),
        title=_words(body.get("title")),
        detail=_words(body.get("detail") or body.get("message")),
        code=_words(body.get("error_code")) or None,
        errors=tuple(_field_error(e) for e in listed[:ERRORS_SHOWN]) if isinstance(listed, list) else (),
        current=None if current is None else _unquoted(str(current)),
        holder=_words(body.get("holder")) or None,
    )


def located(answer: Answer, base: Base) -> str | None:
    """The address in the Location header, None without one (clause C3)."""
    location = answer.headers.get("location")
    if not location:
        return None
    return base.located(location, answer.headers.get("content-base"), answer.call)


def _next(document: Mapping[str, Any], base: Base, answer: Answer) -> str | None:
    links = document.get("_links") or {}
    link = links.get("next") if isinstance(links, dict) else None
    if link is None:
        return None
    href = link.get("href") if isinstance(link, dict) else None
    if not isinstance(href, str) or not href:
        raise answer.malformed("a next link without an href")
    return base.append(href, answer.call)


def _address(links: Mapping[str, Any], base: Base, answer: Answer) -> str | None:
    link = links.get("self")
    href = link.get("href") if isinstance(link, dict) else None
    return base.append(href, answer.call) if isinstance(href, str) and href else None


def _container(item: Mapping[str, Any], answer: Answer) -> Container:
    inner = item.get("_instance")
    name = _optional(inner, "repo:name") if isinstance(inner, dict) else None
    contexts = item.get("productContexts")
    listed = contexts if isinstance(contexts, list) else []
    return Container(_text(item, "instanceId", answer), name or "", tuple(str(c) for c in listed))


def _referrer(item: Mapping[str, Any]) -> Referrer:
    uri, schema, name = (_optional(item, member) or "" for member in ("@id", "schema", "property"))
    return Referrer(uri, schema, name)


def _field_error(item: object) -> FieldError:
    entry = item if isinstance(item, dict) else {"message": item}
    return FieldError(_words(entry.get("path")), _words(entry.get("message")))


def _etag(document: Mapping[str, Any], answer: Answer) -> str:
    """The revision, which the API has spelt as an integer and as a string, with and without quotes."""
    value = document.get("repo:etag", answer.headers.get("etag"))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and _unquoted(value) and fit_for_header(value):
        return _unquoted(value)
    raise answer.malformed("an instance without a revision")


def _unquoted(text: str) -> str:
    bare = text.strip().removeprefix("W/")
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare


def _words(value: object) -> str:
    return "" if value is None else one_line(str(value))


def _count(embedded: Mapping[str, Any], name: str, answer: Answer) -> int:
    value = embedded.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise answer.malformed(f"a page without {name}")
    return value


def _object(value: object, answer: Answer) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise answer.malformed("a list item that is not an object")
    return value


def _member(document: Mapping[str, Any], name: str, answer: Answer) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise answer.malformed(f"{name} missing or not an object")
    return value


def _text(document: Mapping[str, Any], name: str, answer: Answer) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise answer.malformed(f"{name} missing or not a text")
    return value


def _optional(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) else None
