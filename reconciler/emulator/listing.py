"""Pages of a list: order, cursor, filters, and what lies behind the page (clause E)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from reconciler.emulator.filters import Condition, read_condition
from reconciler.emulator.instances import Instance, envelope_text
from reconciler.emulator.instants import format_instant
from reconciler.emulator.jsontext import dump, load_object
from reconciler.emulator.media import RESULTS_SCHEMA, hal
from reconciler.emulator.messages import Response
from reconciler.emulator.problems import bad_request
from reconciler.emulator.registry import EntityType
from reconciler.emulator.store import AFTER_ALL, BEFORE_ALL, Listed, Store
from reconciler.emulator.writes import Call, Parts

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000  # ours: more counts as this
_REPLACED_IN_NEXT = {"orderBy", "orderby", "start", "remaining"}

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a list request asks for, read and checked.

    remaining: how much a filtered list still holds from this page on, carried along by ``next`` (ours), so that a
    walk does not read the rest of the list again on every page.
    """

    entity: EntityType
    descending: bool
    start: str | None
    limit: int
    uris: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    remaining: int | None

    @property
    def filtered(self) -> bool:
        """Whether the list leaves anything out."""
        return self.uris is not None or bool(self.conditions)


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page as JSON texts. total: this page and all behind it."""

    items: tuple[str, ...]
    total: int
    last_id: str

    @property
    def rest(self) -> int:
        """How many items are left for later pages."""
        return self.total - len(self.items)


def list_instances(parts: Parts, call: Call) -> Response:
    """GET on the instances of a container: one page of one type."""
    pairs = parse_qsl(call.request.query, keep_blank_values=True)
    question = read_question(parts, pairs)
    listed = _to_listed(call.container, question)
    with parts.store.reading():
        page = (_filtered_page if question.filtered else _plain_page)(parts.store, listed, question)
    body = _results_text(parts, call, question, page, pairs)
    return Response(HTTPStatus.OK, {"Content-Type": str(hal(RESULTS_SCHEMA))}, body.encode())


def read_question(parts: Parts, pairs: Pairs) -> Question:
    """The parameters of a list; 400 when one of them cannot be read."""
    schema = _single(pairs, "schema")
    if not schema:
        raise bad_request("the schema parameter is missing")
    entity = parts.registry.find(schema)
    if entity is None:
        raise bad_request(f"the schema {schema[:200]} is not registered")
    uris = tuple(value for name, value in pairs if name == "id")
    return Question(
        entity=entity,
        descending=_read_order(_single(pairs, "orderBy", "orderby")),
        start=_single(pairs, "start"),
        limit=_read_limit(_single(pairs, "limit")),
        uris=uris or None,
        conditions=tuple(read_condition(value) for name, value in pairs if name == "property"),
        remaining=_read_remaining(_single(pairs, "remaining")),
    )


def _single(pairs: Pairs, *names: str) -> str | None:
    """The last value given under one of these names."""
    return next((value for name, value in reversed(pairs) if name in names), None)


def _read_order(order: str | None) -> bool:
    """Whether the order is descending. A ``+`` in a query may arrive as a space."""
    match (order or "instanceId").replace(" ", "+", 1).removeprefix("+"):
        case "instanceId":
            return False
        case "-instanceId":
            return True
        case _:
            raise bad_request("lists are ordered by instanceId, +instanceId or -instanceId")


def _read_limit(limit: str | None) -> int:
    if limit is None:
        return DEFAULT_LIMIT
    digits = limit.strip().removeprefix("+").lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise bad_request(f"limit={limit[:50]} is not a positive whole number")
    return MAX_LIMIT if len(digits) > 4 else min(int(digits), MAX_LIMIT)


def _read_remaining(remaining: str | None) -> int | None:
    if remaining is None or not (remaining.isascii() and remaining.isdigit()) or len(remaining) > 15:
        return None
    return int(remaining)


def _to_listed(scope: str, question: Question) -> Listed:
    return Listed(
        scope=scope,
        schema=question.entity.schema,
        descending=question.descending,
        uris=question.uris,
        needles=tuple(needle for condition in question.conditions if (needle := condition.needle) is not None),
    )


def _plain_page(store: Store, listed: Listed, question: Question) -> Page:
    items = list(store.after(listed, question.start, question.limit))
    texts = tuple(envelope_text(item, question.entity) for item in items)
    return Page(texts, _total(store, listed, question.start), items[-1].instance_id if items else "")


def _total(store: Store, listed: Listed, start: str | None) -> int:
    if not listed.descending:
        return store.count_after(listed.scope, listed.schema, start or BEFORE_ALL)
    everything = store.count_after(listed.scope, listed.schema, BEFORE_ALL)
    beyond = store.count_after(listed.scope, listed.schema, AFTER_ALL if start is None else start)
    on_it = start is not None and store.exists(listed.scope, listed.schema, start)
    return everything - beyond - int(on_it)


def _filtered_page(store: Store, listed: Listed, question: Question) -> Page:
    matching = _matching(store.after(listed, question.start), question)
    page = list(islice(matching, question.limit))
    if question.remaining is None:
        rest = sum(1 for _ in matching)
    else:
        # At the end of the list the truth is known; before it, what was told earlier is passed on.
        rest = 0 if next(matching, None) is None else max(question.remaining - len(page), 1)
    return Page(tuple(text for _, text in page), len(page) + rest, page[-1][0] if page else "")


def _matching(instances: Iterable[Instance], question: Question) -> Iterator[tuple[str, str]]:
    """Id and text of those that meet every condition."""
    for instance in instances:
        text = envelope_text(instance, question.entity)
        if not question.conditions or _holds_all(question.conditions, text):
            yield instance.instance_id, text


def _holds_all(conditions: Iterable[Condition], text: str) -> bool:
    envelope = load_object(text)
    return all(condition.holds(envelope) for condition in conditions)


def _results_text(parts: Parts, call: Call, question: Question, page: Page, pairs: Pairs) -> str:
    path = f"/{call.container}/instances"
    links = {"self": {"href": f"{path}?{call.request.query}", "@type": RESULTS_SCHEMA}}
    if page.rest:
        links["next"] = {"href": f"{path}?{_next_query(question, page, pairs)}", "@type": RESULTS_SCHEMA}
    return (
        f'{{"containerId":{dump(call.container)},"schemaNs":{dump(question.entity.versioned)},'
        f'"requestTime":"{format_instant(parts.clock())}",'
        f'"_embedded":{{"results":[{",".join(page.items)}],"total":{page.total},"count":{len(page.items)}}},'
        f'"_links":{dump(links)}}}'
    )


def _next_query(question: Question, page: Page, pairs: Pairs) -> str:
    kept = [(name, value) for name, value in pairs if name not in _REPLACED_IN_NEXT]
    cursor = [("orderby", "-instanceId" if question.descending else "instanceId"), ("start", page.last_id)]
    carried = [("remaining", str(page.rest))] if question.filtered else []
    return urlencode([*kept, *cursor, *carried])
