"""Environments: partial documents laid over the entities of the base, and pins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.catalogue.complaints import did_you_mean, show
from reconciler.catalogue.documents import Document, parse_documents
from reconciler.catalogue.files import ENVIRONMENTS, TextFile
from reconciler.model.catalogue import Pin
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import Code, Path, Problem, Source, SourceSpan

_KINDS = ", ".join(kind.value for kind in Kind)
FORMS = ("offers", "any_tags", "all_tags")  # of a filter: one takes the place of another
_NAMING = {"kind", "key", "id"}


@dataclass(frozen=True, slots=True)
class Overlay:
    """The fields of one entity that an environment has otherwise. fields: None as a value removes the field."""

    fields: Mapping[str, Any]
    source: Source


@dataclass(slots=True)
class Layer:
    """What one environment says of its own."""

    overlays: dict[EntityKey, Overlay] = field(default_factory=dict)
    pins: dict[EntityKey, Pin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True

    def complain(self, code: Code, span: SourceSpan, message: str, remedy: str) -> None:
        """One thing wrong in the files of this environment."""
        self.problems.append(Problem(code, span, message, remedy))


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of all environments, and what is wrong with files that belong to none of them."""

    by_environment: Mapping[str, Layer]
    problems: tuple[Problem, ...]

    @property
    def overlaid(self) -> frozenset[EntityKey]:
        """Every entity that some environment has otherwise."""
        return frozenset(key for layer in self.by_environment.values() for key in layer.overlays)


def read_layers(files: Iterable[TextFile], environments: Iterable[str]) -> Layers:
    """The layers of these environments. files: those below ``environments/``."""
    layers = {name: Layer() for name in environments}
    strangers: list[Problem] = []
    for file in files:
        name = file.path.split("/")[1]
        layer = layers.get(name)
        if layer is not None:
            _read_file(file, layer)
        else:
            strangers += _stranger(file, name, tuple(layers))
    return Layers(layers, tuple(strangers))


def _stranger(file: TextFile, name: str, known: tuple[str, ...]) -> Iterator[Problem]:
    """A file that has something to say, of an environment that is not there."""
    documents, complaints = parse_documents(file.source.text)
    if not documents and not complaints:
        return
    in_folder = file.path.count("/") > 1
    message = f"there is no environment `{name}`" if in_folder else "this file belongs to no environment"
    move = f"Move it to {ENVIRONMENTS}/NAME/; the environments are {', '.join(sorted(known))}."
    yield Problem(Code.OVERLAY, SourceSpan(file.name, 1, 1), message, did_you_mean(name, known) or move)


def _read_file(file: TextFile, layer: Layer) -> None:
    documents, complaints = parse_documents(file.source.text)
    for wrong in complaints:
        layer.complain(wrong.code, SourceSpan(file.name, wrong.line, wrong.column), wrong.message, wrong.remedy)
    layer.whole = layer.whole and not complaints
    for document in documents:
        _read_document(document, file, layer, single=len(documents) == 1 and not complaints)


def _read_document(document: Document, file: TextFile, layer: Layer, *, single: bool) -> None:
    source = file.source_of(document)
    value = document.value
    key = _key(value, file.stem if single else None, source, layer)
    if key is None:
        return
    if "id" in value:
        _pin(key, value["id"], source, layer)
    if "only" in value:
        remedy = "Write `only` in the entity's own file."
        layer.complain(Code.OVERLAY, source.key_span("only"), "`only` does not belong in one environment", remedy)
    fields = {name: item for name, item in value.items() if name not in _NAMING}
    if not fields and "id" in value:
        return
    if key in layer.overlays:
        other = layer.overlays[key].source.span()
        remedy = "Write one document for each entity and environment."
        layer.complain(Code.OVERLAY, source.span(), f"{key} is also overlaid at {other}", remedy)
        return
    layer.overlays[key] = Overlay(fields, source)


def _key(value: Any, stem: str | None, source: Source, layer: Layer) -> EntityKey | None:
    if not isinstance(value, dict):
        remedy = "Write `kind: …`, `key: …` and the fields that differ."
        layer.complain(Code.DOCUMENT, source.span(), f"this document is {show(value)}, not an overlay", remedy)
        return None
    kind, key = value.get("kind"), value.get("key", stem)
    if not isinstance(kind, str) or kind not in {each.value for each in Kind}:
        message = "`kind` is missing" if kind is None else f"{show(kind)} is no kind"
        layer.complain(Code.KIND, source.span("kind"), message, f"The kinds are {_KINDS}.")
        return None
    if not isinstance(key, str):
        message = "`key` is missing" if key is None else f"`key` is {show(key)}"
        layer.complain(Code.MISSING_FIELD, source.span("key"), message, "Add `key: …`: which entity is meant.")
        return None
    return EntityKey(Kind(kind), key)


def _pin(key: EntityKey, uri: Any, source: Source, layer: Layer) -> None:
    span = source.span("id")
    if not isinstance(uri, str) or ":" not in uri:
        layer.complain(Code.OVERLAY, span, f"`id` is {show(uri)}, not a URI", "Write the instance's URI, `xcore:…`.")
        return
    if key in layer.pins:
        layer.complain(Code.OVERLAY, span, f"{key} is also pinned at {layer.pins[key].source}", "Keep one of the two.")
        return
    twin = next((other for other, pin in layer.pins.items() if pin.uri == uri), None)
    if twin is not None:
        layer.complain(Code.OVERLAY, span, f"{twin} is pinned to the same instance", "An instance is one entity.")
        return
    layer.pins[key] = Pin(uri, span)


# ---------------------------------------------------------------- laying one over the other


def lay_over(base: Mapping[str, Any], over: Overlay, source: Source) -> tuple[dict[str, Any], Source]:
    """A base document with an overlay, and where each of its values is written."""
    written: set[Path] = set()
    merged = merge_fields(base, over.fields, written)
    return merged, replace(source, over=over.source, overlaid=frozenset(written))


def forms_given(base: Mapping[str, Any], over: Mapping[str, Any]) -> tuple[str, ...]:
    """The forms of a filter that an overlay gives; one takes the place of whatever the base has."""
    return tuple(form for form in FORMS if over.get(form) is not None) if base.get("kind") == Kind.FILTER.value else ()


def merge_fields(base: Mapping[str, Any], over: Mapping[str, Any], written: set[Path] | None = None) -> dict[str, Any]:
    """What a base document and the fields laid over it say together. written: gets the paths of what was laid over."""
    merged = _merged(base, over, (), set() if written is None else written)
    given = forms_given(base, over)
    return {name: value for name, value in merged.items() if not given or name not in FORMS or name in given}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], path: Path, written: set[Path]) -> dict[str, Any]:
    """Maps merge at any depth, lists replace, null removes."""
    merged = dict(base)
    for name, value in over.items():
        here = (*path, name)
        before = merged.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[name] = _merged(before, value, here, written)
            continue
        written.add(here)
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged({}, value, here, written) if isinstance(value, dict) else value
    return merged
