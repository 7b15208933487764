"""Pages of lists and searches: order, cursor, filters, and what lies behind the page (clauses E and F).

A list by one indexed property, and one of a name or a status, are read from their index. All others are views: sorted
in memory once, and kept for the pages that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

from reconciler.emulator.derived import NO_TEXT
from reconciler.emulator.filters import Condition, read_conditions
from reconciler.emulator.instances import Instance, envelope_text
from reconciler.emulator.instants import Moment, format_instant
from reconciler.emulator.jsontext import dump, load_object
from reconciler.emulator.listed import Column, Listed, Position
from reconciler.emulator.media import RESULTS_SCHEMA, hal
from reconciler.emulator.messages import Response
from reconciler.emulator.order import (
    BY_ID,
    BY_SCORE,
    Order,
    cursor_readings,
    looks_like_an_id,
    read_order,
    readings,
    split_cursor,
)
from reconciler.emulator.problems import bad_request
from reconciler.emulator.registry import CONTAINER, EntityType
from reconciler.emulator.search import Query, read_query
from reconciler.emulator.store import AFTER_ALL, BEFORE_ALL, Horizon, Narrowing, Store
from reconciler.emulator.values import INSTANT, NAME, STATUS, TEXT, Key, Path, split_path
from reconciler.emulator.views import Entry, Judge, View
from reconciler.emulator.writes import Call, Parts, is_sandbox

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000  # ours: more counts as this
MOST_URIS = 1000  # ours
MOST_FIELDS = 32  # ours
SEARCH_PATH = "queries/core/search"

_LIST_PATH = "instances"
_REPLACED_IN_NEXT = {"orderBy", "orderby", "start"}
_COLUMNS: dict[Path, Column] = {
    ("instanceId",): "instance_id",
    ("repo:createdDate",): "created",
    ("repo:lastModifiedDate",): "modified",
    NAME: "label",
}
_TEXT_COLUMNS: dict[Path, Literal["label", "status"]] = {NAME: "label", STATUS: "status"}
_DECIMALS = 3  # of a stored date

Pairs = Sequence[tuple[str, str]]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks for, read and checked.

    start: as sent.   query: only for searches that look for something.
    """

    entity: EntityType
    order: Order
    start: str | None
    limit: int
    uris: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    query: Query | None


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page as JSON texts. total: this page and all behind it.   cursor: the place behind it."""

    items: tuple[str, ...]
    total: int
    cursor: str


def list_instances(parts: Parts, call: Call) -> Response:
    """GET on the instances of a container: one page of one type."""
    pairs = parse_qsl(call.request.query, keep_blank_values=True)
    return _answer(parts, call, _LIST_PATH, pairs, read_question(parts, pairs, None))


def search_instances(parts: Parts, call: Call) -> Response:
    """GET on the search of a container: a list of what the words of ``q`` are found in."""
    pairs = parse_qsl(call.request.query, keep_blank_values=True)
    fields = tuple(map(split_path, _several(pairs, "field", MOST_FIELDS)))
    query = read_query(_single(pairs, "q") or "", _single(pairs, "qop"), fields)
    return _answer(parts, call, SEARCH_PATH, pairs, read_question(parts, pairs, query))


def _answer(parts: Parts, call: Call, path: str, pairs: Pairs, question: Question) -> Response:
    if (question.entity.schema == CONTAINER) is not is_sandbox(call.container):
        raise bad_request(f"instances of {question.entity.schema} are not listed at this address")
    with parts.store.reading():
        listed = _to_listed(parts.store, call.container, question)
        if listed is None:
            page = _page_of_view(parts, call.container, question)
        else:
            page = _page_of_index(parts.store, listed, question)
    body = _results_text(parts, call, path, pairs, question, page)
    return Response(HTTPStatus.OK, {"Content-Type": str(hal(RESULTS_SCHEMA))}, body.encode())


def read_question(parts: Parts, pairs: Pairs, query: Query | None) -> Question:
    """The parameters of a list; 400 when one of them cannot be read."""
    schema = _single(pairs, "schema")
    if not schema:
        raise bad_request("the schema parameter is missing")
    entity = parts.registry.find(schema)
    if entity is None:
        raise bad_request(f"the schema {schema[:200]} is not registered")
    uris = _several(pairs, "id", MOST_URIS)
    default = (BY_ID,) if query is None else (BY_SCORE,)
    return Question(
        entity=entity,
        order=read_order(_single(pairs, "orderBy", "orderby"), default),
        start=_single(pairs, "start"),
        limit=_read_limit(_single(pairs, "limit")),
        uris=uris or None,
        conditions=read_conditions(pairs),
        query=query,
    )


def _single(pairs: Pairs, *names: str) -> str | None:
    """The last value given under one of these names."""
    return next((value for name, value in reversed(pairs) if name in names), None)


def _several(pairs: Pairs, name: str, most: int) -> tuple[str, ...]:
    """All values of a parameter; 400 when there are too many."""
    values = tuple(value for given, value in pairs if given == name)
    if len(values) > most:
        raise bad_request(f"{name} is given at most {most} times")
    return values


def _read_limit(limit: str | None) -> int:
    if limit is None:
        return DEFAULT_LIMIT
    digits = limit.strip().removeprefix("+").lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise bad_request(f"limit={limit[:50]} is not a positive whole number")
    return MAX_LIMIT if len(digits) > 4 else min(int(digits), MAX_LIMIT)


def _read_cursor(store: Store, scope: str, question: Question) -> list[str] | None:
    """The parts of ``start`` when it is a cursor; None when it is a plain value of the first property."""
    parts = None if question.start is None else split_cursor(question.start, question.order)
    if parts is None or not (looks_like_an_id(parts[-1]) or store.find(scope, parts[-1]) is not None):
        return None
    return parts


def _cut(items: Iterator[Item], limit: int, value: Callable[[Item], object]) -> list[Item]:
    """One page whose end is a change of the value: the last one within the limit, else the first one behind it."""
    page = list(islice(items, limit))
    following = next(items, None)
    if following is None or value(following) != value(page[-1]):
        return page
    for end in range(len(page) - 1, 0, -1):
        if value(page[end - 1]) != value(page[end]):
            return page[:end]
    shared = value(page[-1])
    while following is not None and value(following) == shared:
        page.append(following)
        following = next(items, None)
    return page


# --- lists that an index holds


def _to_listed(store: Store, scope: str, question: Question) -> Listed | None:
    """The index that holds this list in order, if there is one."""
    schema, order = question.entity.schema, question.order
    column = _COLUMNS.get(order.first.path)
    if question.query is not None or question.uris is not None or column is None or len(order.sortings) > 2:
        return None
    if column == "label" and (store.has(scope, schema, "label", None) or store.has(scope, schema, "label", NO_TEXT)):
        return None
    equal = None
    if question.conditions:
        equal = _equal(store, scope, question)
        if equal is None or len(question.conditions) > 1 or column != "instance_id":
            return None
    descending = order.first.descending
    if len(order.sortings) == 2 and order.sortings[1].descending:
        return None
    return Listed(scope, schema, column, descending, equal)


def _equal(store: Store, scope: str, question: Question) -> tuple[Literal["label", "status"], str] | None:
    """A condition that a column with an index decides."""
    for condition in question.conditions:
        column = _TEXT_COLUMNS.get(condition.path)
        if column is None or condition.operator != "==" or condition.value is None:
            continue
        if not store.has(scope, question.entity.schema, column, NO_TEXT):
            return column, condition.value
    return None


def _page_of_index(store: Store, listed: Listed, question: Question) -> Page:
    position, is_cursor = _read_position(store, listed, question)
    if is_cursor or listed.column == "instance_id":
        items = list(store.after(listed, position, question.limit))
    else:
        items = _cut(store.after(listed, position), question.limit, lambda item: item[1])
    texts = tuple(envelope_text(instance, question.entity) for instance, _ in items)
    cursor = _cursor_behind(question.order, *items[-1]) if items else ""
    return Page(texts, store.count_from(listed, position), cursor)


def _cursor_behind(order: Order, instance: Instance, value: str) -> str:
    return order.cursor([readings(order.first, value)[0], (TEXT, instance.instance_id)])


def _read_position(store: Store, listed: Listed, question: Question) -> tuple[Position | None, bool]:
    """Where the page begins, and whether a cursor says so."""
    if question.start is None:
        return None, False
    cursor = _read_cursor(store, listed.scope, question)
    if cursor is None:
        found = readings(question.order.first, question.start)
        return Position(_bound(listed, found, question.start)), False
    found = cursor_readings(question.order.first, cursor[0])
    return Position(_bound(listed, found, cursor[0]), cursor[1]), True


def _bound(listed: Listed, found: Sequence[Key], text: str) -> str:
    """The text in the column of an index that lies where the value lies."""
    if listed.column not in {"created", "modified"}:
        return str(found[-1][1])
    moment = next((value for kind, value in found if kind == INSTANT), None)
    if moment is None:
        raise bad_request(f"start={text[:50]} is not a date")
    return _date_at(moment)


def _date_at(moment: Moment) -> str:
    """A date as it is stored; one with more than three decimals comes right behind it."""
    seconds, fraction = moment
    try:
        whole = format_instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
    except OverflowError:
        return BEFORE_ALL if seconds < 0 else AFTER_ALL
    return f"{whole[:-5]}.{fraction[:_DECIMALS].ljust(_DECIMALS, '0')}Z{fraction[_DECIMALS:]}"


# --- lists sorted in memory


def _page_of_view(parts: Parts, scope: str, question: Question) -> Page:
    schema = question.entity.schema
    key = (scope, schema, question.order, question.uris, question.conditions, question.query)

    def make(horizon: Horizon) -> View:
        found = parts.store.of_type(scope, schema, _narrowing(parts.store, scope, question))
        return View(question.order, _judge(question), found, horizon)

    view = parts.views.current(parts.store, (scope, schema), key, make)
    begin, is_cursor = _begin(parts.store, scope, question, view)
    # By score pages end anywhere: no two searches can tell where equal scores end.
    if is_cursor or question.order.first == BY_SCORE:
        entries = view.entries[begin : begin + question.limit]
    else:
        rest = (view.entries[place] for place in range(begin, len(view.entries)))
        entries = _cut(rest, question.limit, lambda entry: entry.keys[0])
    total = len(view.entries) - begin
    if total > len(entries):
        parts.views.keep(key, view)
    instances = parts.store.of_rows([entry.row for entry in entries])
    texts = tuple(
        _scored(envelope_text(instance, question.entity), entry.score)
        for entry, instance in zip(entries, instances, strict=True)
    )
    return Page(texts, total, question.order.cursor(entries[-1].keys) if entries else "")


def _narrowing(store: Store, scope: str, question: Question) -> Narrowing:
    needles = (condition.needle for condition in question.conditions)
    return Narrowing(
        uris=question.uris,
        equal=_equal(store, scope, question),
        needles=tuple(dict.fromkeys(needle for needle in needles if needle is not None)),
        match=None if question.query is None else question.query.match,
    )


def _judge(question: Question) -> Judge:
    """Whether an instance is in the list, and how it sorts."""
    query, order = question.query, question.order
    uris = None if question.uris is None else frozenset(question.uris)
    paths = {condition.path[0] for condition in question.conditions} | {each.path[0] for each in order.sortings}
    decoded = not paths.isdisjoint({"_instance", "_links"})

    def judge(instance: Instance, words: str | None) -> Entry | None:
        if uris is not None and instance.uri not in uris:
            return None
        score = None
        if query is not None:
            known = query.by_words and words is not None
            score = query.score_of_words(words or "") if known else query.score(instance.values)
            if score is None:
                return None
        judged = instance if decoded else replace(instance, text="{}", links="{}")
        envelope = load_object(envelope_text(judged, question.entity))
        if score is not None:
            envelope["_score"] = score
        if not all(condition.holds(envelope) for condition in question.conditions):
            return None
        return Entry(order.keys(envelope), instance.instance_id, instance.row, score)

    return judge


def _begin(store: Store, scope: str, question: Question, view: View) -> tuple[int, bool]:
    """The place of the first item of the page, and whether a cursor says so."""
    if question.start is None:
        return 0, False
    cursor = _read_cursor(store, scope, question)
    if cursor is None:
        return view.behind([view.meant(0, readings(question.order.first, question.start))]), False
    known = view.keys_of(cursor[-1])
    if known is not None and question.order.cursor(known) == question.start:
        return view.behind(known), True
    meant = (cursor_readings(sorting, part) for sorting, part in zip(question.order.sortings, cursor, strict=True))
    return view.behind([view.meant(place, found) for place, found in enumerate(meant)]), True


def _scored(text: str, score: float | None) -> str:
    return text if score is None else f'{{"_score":{score!r},{text[1:]}'


# --- the answer


def _results_text(parts: Parts, call: Call, path: str, pairs: Pairs, question: Question, page: Page) -> str:
    address = f"/{call.container}/{path}"
    links = {"self": {"href": f"{address}?{call.request.query}", "@type": RESULTS_SCHEMA}}
    if page.total > len(page.items):
        links["next"] = {"href": f"{address}?{_next_query(question, page, pairs)}", "@type": RESULTS_SCHEMA}
    return (
        f'{{"containerId":{dump(call.container)},"schemaNs":{dump(question.entity.versioned)},'
        f'"requestTime":"{format_instant(parts.clock())}",'
        f'"_embedded":{{"results":[{",".join(page.items)}],"total":{page.total},"count":{len(page.items)}}},'
        f'"_links":{dump(links)}}}'
    )


def _next_query(question: Question, page: Page, pairs: Pairs) -> str:
    kept = [(name, value) for name, value in pairs if name not in _REPLACED_IN_NEXT]
    return urlencode([*kept, ("orderby", str(question.order)), ("start", page.cursor)])
