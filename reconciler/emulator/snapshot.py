"""The content of a repository as lines of JSON: written, and read into an empty one.

The first line is ``{"format": "reconciler-snapshot", "version": 1}``. Every other line is one container (with its
``sandbox``) or one instance (with its ``container``) as a lookup gives it, with the API keys of who wrote it; first all
containers, then all instances, each in the order in which they were made. References and names are not written: they
are read from the instances again, and judged again. Requests to delete that are not decided are not moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

import jsonschema_rs

from reconciler.emulator.database import Database
from reconciler.emulator.instances import COLUMNS, Instance
from reconciler.emulator.instants import parse_instant
from reconciler.emulator.integrity import integrity_faults, links_of, refuse_taken_name, unique_name
from reconciler.emulator.jsontext import JsonUnreadable, decode, dump, load_object
from reconciler.emulator.problems import Refused
from reconciler.emulator.registry import CONTAINER, EntityType, Registry
from reconciler.emulator.store import NewInstance, Store
from reconciler.emulator.writes import is_sandbox, sandbox_scope
from reconciler.model.errors import ReconcilerError

FORMAT = "reconciler-snapshot"
VERSION = 1
_TEXT = {"type": "string"}
_ID = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"}
_PLAIN = {"type": "string", "pattern": r'^[^"\\\x00-\x1f]+$'}  # what stands in answers as it is
_DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_TOO_LATE = "9999"  # every write has a later date than all before, and the year 10000 has none
_LINE = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "required": ["schema", "instanceId", "repo:etag", "repo:createdDate", "repo:lastModifiedDate", "_instance"],
        "oneOf": [{"required": ["sandbox"]}, {"required": ["container"]}],
        "properties": {
            "sandbox": {"type": "string", "minLength": 1},
            "container": _ID,
            "schema": _TEXT,
            "instanceId": _ID,
            "repo:etag": {"type": "integer", "minimum": 1, "maximum": 2**62},
            "repo:createdDate": _DATE,
            "repo:lastModifiedDate": _DATE,
            "repo:createdBy": _PLAIN,
            "repo:lastModifiedBy": _PLAIN,
            "repo:createdByClientId": _TEXT,
            "repo:lastModifiedByClientId": _TEXT,
            "_instance": {"type": "object"},
            "_links": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"$ref": "#/$defs/link"}, {"type": "array", "items": {"$ref": "#/$defs/link"}}]
                },
            },
        },
        "$defs": {"link": {"type": "object", "required": ["href"], "properties": {"href": _TEXT}}},
    }
)


@dataclass(frozen=True, slots=True)
class Moved:
    """How much was written or read."""

    containers: int
    instances: int


def write_snapshot(database: Database, out: TextIO) -> Moved:
    """Write everything as it stands at one moment."""
    print(dump({"format": FORMAT, "version": VERSION}), file=out)
    with Store(database).reading():
        containers = _write(database, out, "= ?")
        return Moved(containers, _write(database, out, "<> ?"))


def _write(database: Database, out: TextIO, condition: str) -> int:
    count = 0
    query = f"SELECT {COLUMNS} FROM instance WHERE schema {condition} ORDER BY row"  # noqa: S608 - two of our own
    for row in database.connection.execute(query, (CONTAINER,)):
        print(_to_line(Instance(*row)), file=out)
        count += 1
    return count


def _to_line(instance: Instance) -> str:
    home = instance.scope.removeprefix(sandbox_scope(""))
    described = {
        "sandbox" if is_sandbox(instance.scope) else "container": home,
        "schema": instance.schema,
        "instanceId": instance.instance_id,
        "repo:etag": instance.etag,
        "repo:createdDate": instance.created,
        "repo:lastModifiedDate": instance.modified,
        "repo:createdBy": instance.created_by,
        "repo:lastModifiedBy": instance.modified_by,
        "repo:createdByClientId": instance.created_client,
        "repo:lastModifiedByClientId": instance.modified_client,
    }
    return f'{dump(described)[:-1]},"_instance":{instance.text},"_links":{instance.links}}}'


def read_snapshot(database: Database, lines: Iterable[str], registry: Registry) -> Moved:
    """Fill an empty repository; all of it or nothing.

    Raises ``ReconcilerError``, which names the line, for what is no snapshot, what is not valid for its schema or has
    none in the registry, and what breaks a rule between instances; and for a repository that is not empty.
    """
    loading = _Loading(database, Store(database), registry)
    with loading.store.writing():
        return loading.load(lines)


class _Loading:
    """One load, inside its transaction."""

    def __init__(self, database: Database, store: Store, registry: Registry) -> None:
        self._database = database
        self.store = store
        self._registry = registry
        self._latest = ""

    def load(self, lines: Iterable[str]) -> Moved:
        self._require_empty()
        read = _documents(lines)
        _require_header(next(read, (1, None)))
        loaded = [self._add(number, document) for number, document in read]
        for number, scope, instance_id in loaded:
            self._require_integrity(number, scope, instance_id)
        if self._latest:
            # What is written from now on is younger than all that was loaded.
            self.store.next_date(datetime.fromisoformat(self._latest))
        containers = sum(is_sandbox(scope) for _, scope, _ in loaded)
        return Moved(containers, len(loaded) - containers)

    def _require_empty(self) -> None:
        query = "SELECT count(*) FILTER (WHERE schema = ?1), count(*) FILTER (WHERE schema <> ?1) FROM instance"
        containers, instances = self._database.connection.execute(query, (CONTAINER,)).fetchone()
        if containers or instances:
            raise ReconcilerError(
                f"the database is not empty: it holds {containers} containers and {instances} instances",
                remedy="Load into a file that is not there yet.",
            )

    def _add(self, number: int, line: object) -> tuple[int, str, str]:
        for error in _LINE.iter_errors(line):
            raise _refusal(number, error.message)
        if not isinstance(line, dict):
            raise _refusal(number, "not an object")
        for name in ("repo:createdDate", "repo:lastModifiedDate"):
            if parse_instant(line[name]) is None:
                raise _refusal(number, f"{name} is no date")
            if line[name] >= _TOO_LATE:
                raise _refusal(number, f"{name} leaves no room for later dates", "Write the date of a real change.")
        entity = self._entity(number, line)
        links = {name: link for name, link in line.get("_links", {}).items() if name != "self"}
        new = NewInstance(
            scope=self._scope(number, line, entity),
            schema=entity.schema,
            instance_id=line["instanceId"],
            uri=None if entity.schema == CONTAINER else line["_instance"]["@id"],
            account=line.get("repo:createdBy", "repository"),
            client=line.get("repo:createdByClientId", "repository"),
            text=dump(line["_instance"]),
            links=dump(links),
            name=unique_name(entity, line["_instance"]),
            references=frozenset((link.property, link.uri) for link in links_of(entity, line["_instance"])),
            values=line["_instance"],
        )
        self._require_free(number, new)
        self._store(new, line)
        return number, new.scope, new.instance_id

    def _entity(self, number: int, line: Mapping[str, Any]) -> EntityType:
        entity = self._registry.find(line["schema"])
        if entity is None:
            raise _refusal(number, f"the schema {line['schema']} is not registered", "Give it with --schema.")
        for fault in entity.faults(line["_instance"]):
            raise _refusal(number, f"not valid for {entity.schema}: {fault.path} {fault.message}")
        uri = line["_instance"].get("@id")
        if entity.schema != CONTAINER and (not isinstance(uri, str) or not uri):
            raise _refusal(number, "an instance needs its @id")
        return entity

    def _scope(self, number: int, line: Mapping[str, Any], entity: EntityType) -> str:
        if ("sandbox" in line) is not (entity.schema == CONTAINER):
            raise _refusal(number, "a container has a sandbox, and any other instance a container")
        if "sandbox" in line:
            return sandbox_scope(line["sandbox"])
        home = self.store.scope_of(line["container"])
        if home is None or not is_sandbox(home):
            raise _refusal(number, f"there is no container {line['container']} above this line")
        return str(line["container"])

    def _require_free(self, number: int, new: NewInstance) -> None:
        if self.store.scope_of(new.instance_id) is not None:
            raise _refusal(number, f"the instanceId {new.instance_id} is there twice")
        if new.uri is not None and self.store.find_uri(new.scope, new.uri) is not None:
            raise _refusal(number, f"the URI {new.uri} is there twice")
        try:
            refuse_taken_name(self.store, new.scope, new.name, own_row=None)
        except Refused as refused:
            raise _refusal(number, _detail(refused)) from refused

    def _store(self, new: NewInstance, line: Mapping[str, Any]) -> None:
        stored = self.store.add(new, line["repo:createdDate"])
        self._latest = max(self._latest, line["repo:createdDate"], line["repo:lastModifiedDate"])
        changed = (
            line["repo:etag"],
            line["repo:lastModifiedDate"],
            line.get("repo:lastModifiedBy", new.account),
            line.get("repo:lastModifiedByClientId", new.client),
        )
        if changed != (stored.etag, stored.modified, stored.modified_by, stored.modified_client):
            self._database.connection.execute(
                "UPDATE instance SET etag = ?, modified = ?, modified_by = ?, modified_client = ? WHERE row = ?",
                (*changed, stored.row),
            )

    def _require_integrity(self, number: int, scope: str, instance_id: str) -> None:
        instance = self.store.find(scope, instance_id)
        if instance is None:
            return
        entity, values = self._registry[instance.schema], instance.values
        for fault in integrity_faults(self.store, instance.scope, entity, values, links_of(entity, values)):
            raise _refusal(number, f"{fault.path} {fault.message}")


def _documents(lines: Iterable[str]) -> Iterator[tuple[int, object]]:
    """Each line that is not blank, decoded, with its number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            line.encode()  # halves of surrogate pairs stand for bytes of stdin that are not UTF-8
            yield number, decode(line)
        except UnicodeEncodeError as error:
            raise _refusal(number, "not UTF-8") from error
        except JsonUnreadable as error:
            raise _refusal(number, str(error)) from error


def _require_header(first: tuple[int, object]) -> None:
    _, header = first
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ReconcilerError(f"this is no snapshot: its first line does not say {FORMAT}")
    if header.get("version") != VERSION:
        raise ReconcilerError(
            f"the snapshot has version {header.get('version')}; this program reads version {VERSION}",
            remedy="Use the newer program that wrote it.",
        )


def _refusal(number: int, reason: str, remedy: str | None = None) -> ReconcilerError:
    return ReconcilerError(f"line {number} of the snapshot: {reason}", remedy=remedy)


def _detail(refused: Refused) -> str:
    return str(load_object(refused.response.body.decode())["detail"])
