"""Live-ahead drift -> the texts of the files that take it over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from reconciler.catalogue.editing import EditRefused, Slice, edit_text, slices
from reconciler.catalogue.files import Files
from reconciler.catalogue.layers import merge_fields
from reconciler.catalogue.originals import Written, find_originals, written_entities
from reconciler.catalogue.spelling import Unwritable
from reconciler.catalogue.writer import edited_file
from reconciler.diff.changes import Ahead, Patch
from reconciler.diff.merging import split
from reconciler.diff.pulling import Pulled, Refused, document_keys, pull_entity
from reconciler.model.canonical import canonical_json
from reconciler.model.catalogue import Catalogue
from reconciler.model.edits import FileEdit, FileText
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.spelling import NameUri


@dataclass(frozen=True, slots=True)
class Taken:
    """An entity whose files take over live values. fields: None where the whole entity goes from the files."""

    key: EntityKey
    fields: tuple[str, ...] | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotPulled:
    """A live-ahead field, or a whole entity, that the files do not take over; where, why, and what to do."""

    key: EntityKey
    field: str | None
    span: SourceSpan
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Pull:
    """The files after a pull. both: fields that neither side can take from the other, with where they stand."""

    texts: tuple[FileText, ...] = ()
    taken: tuple[Taken, ...] = ()
    refused: tuple[NotPulled, ...] = ()
    both: tuple[tuple[EntityKey, str, SourceSpan], ...] = ()
    left_deleted: tuple[EntityKey, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing of which live is ahead is left."""
        return not (self.refused or self.both or self.left_deleted)


_Failure = tuple[SourceSpan | None, str, str]  # where, why, and the remedy


@dataclass(slots=True)
class _Work:
    catalogue: Catalogue
    files: Files
    name_uri: NameUri
    names: Mapping[str, str]  # of files in reports, by path
    texts: Mapping[str, bytes]
    written: Mapping[EntityKey, Written]
    slices: dict[str, dict[int, Slice]] = field(default_factory=dict)
    edits: dict[EntityKey, list[FileEdit]] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    refused: list[NotPulled] = field(default_factory=list)
    both: list[tuple[EntityKey, str, SourceSpan]] = field(default_factory=list)

    def pull(self, patch: Patch) -> None:
        """One entity: as many of its fields as its files can take."""
        written = self.written[patch.key]
        without: set[str] = set()
        while True:
            pulled = self._trial(patch, written, without)
            edits = _edits(written, pulled)
            failed = self._failure(edits) or _unsaid(written, pulled)
            if failed is None:
                break
            alone = {name: self._alone(patch, written, name, pulled.fields, without) for name in pulled.fields}
            bad = {name: why for name, why in alone.items() if why is not None}
            for name, (place, why, remedy) in (bad or dict.fromkeys(alone, failed)).items():
                without.add(name)
                self.refused.append(self._refusal(patch.key, Refused(name, why, remedy), place))
        self.edits[patch.key] = edits
        if pulled.fields:
            names = dict.fromkeys(self.names[edit.path] for edit in edits)
            self.taken.append(Taken(patch.key, pulled.fields, tuple(names)))
        self.refused += [self._refusal(patch.key, item, None) for item in pulled.refused]
        self.both += [(patch.key, name, self._span(patch.key, name)) for name in pulled.left]

    def _trial(self, patch: Patch, written: Written, without: Collection[str]) -> Pulled:
        return pull_entity(patch, _merged(written), self.name_uri, self.catalogue.entities, without)

    def _failure(self, edits: Sequence[FileEdit]) -> _Failure | None:
        """Why these edits cannot be made, with where and the remedy; None when they can."""
        for edit in edits:
            alone = self._slice(edit)  # so that a file of many documents is not read again for each of them
            try:
                edit_text(alone.text, {0: edit.value})
            except Unwritable as error:
                line = error.line + alone.lines_above if isinstance(error, EditRefused) and error.line else 0
                return self._place(edit.path, line), error.message, error.remedy or "Change it by hand."
        return None

    def _slice(self, edit: FileEdit) -> Slice:
        if edit.path not in self.slices:
            self.slices[edit.path] = slices(self.texts[edit.path])
        return self.slices[edit.path][edit.document]

    def _alone(
        self, patch: Patch, written: Written, name: str, fields: Sequence[str], without: Collection[str]
    ) -> _Failure | None:
        """Why one of these fields, without the others, cannot be taken over."""
        others = {*without, *(other for other in fields if other != name)}
        pulled = self._trial(patch, written, others)
        return self._failure(_edits(written, pulled)) or _unsaid(written, pulled)

    def _place(self, path: str, line: int) -> SourceSpan | None:
        return SourceSpan(self.names[path], line, 1) if line else None

    def _refusal(self, key: EntityKey, refused: Refused, place: SourceSpan | None) -> NotPulled:
        return NotPulled(key, refused.field, place or self._span(key, refused.field), refused.why, refused.remedy)

    def _span(self, key: EntityKey, name: str) -> SourceSpan:
        return self.catalogue.span(key, *name.split("[", maxsplit=1)[0].split(".", 1))

    def remove(self, key: EntityKey) -> None:
        """Take an entity out of the files of every environment."""
        written = self.written[key]
        documents = [written.base, *written.others, *([written.overlay] if written.overlay else [])]
        self.edits[key] = [FileEdit(item.path, item.document, None) for item in documents]
        self.taken.append(Taken(key, None, tuple(dict.fromkeys(item.file for item in documents))))

    def made(self) -> list[FileText]:
        """The texts of all files. A file that cannot be edited as a whole keeps its entities out."""
        keys: defaultdict[str, dict[EntityKey, None]] = defaultdict(dict)  # by the path of their files
        for key, edits in self.edits.items():
            for edit in edits:
                keys[edit.path][key] = None
        made: dict[str, FileText] = {}
        waiting = sorted(keys)
        while waiting:
            path = heappop(waiting)
            edits = [edit for key in keys[path] for edit in self.edits[key] if edit.path == path]
            try:
                if edits:
                    made[path] = edited_file(path, self.texts[path], {edit.document: edit.value for edit in edits})
            except Unwritable as error:
                for key in [*keys[path]]:
                    self._leave_out(key, error)
                    for touched in {edit.path for edit in self.edits.pop(key)}:
                        del keys[touched][key]
                        if made.pop(touched, None) is not None:  # with the edits that are left it is made again
                            heappush(waiting, touched)
        self.taken = [item for item in self.taken if item.key in self.edits]
        return [made[path] for path in sorted(made)]

    def _leave_out(self, key: EntityKey, error: Unwritable) -> None:
        remedy = error.remedy or "Change it by hand."
        self.refused.append(NotPulled(key, None, self.catalogue.span(key), error.message, remedy))


def _merged(written: Written) -> dict[str, object]:
    return merge_fields(written.base.value, written.overlay.value) if written.overlay else dict(written.base.value)


def _unsaid(written: Written, pulled: Pulled) -> _Failure | None:
    """Why base and overlay cannot say it together: null in an overlay takes away, so a raw null cannot be laid over."""
    if written.overlay is None:
        return None
    base, overlay = split(written.base.value, written.overlay.value, pulled.document)
    if canonical_json(merge_fields(base, overlay)) == canonical_json(pulled.document):
        return None
    return None, "its live value holds null, which an overlay cannot say", "Write it in the entity's own file."


def _edits(written: Written, pulled: Pulled) -> list[FileEdit]:
    """The edits of an entity's own document and its overlay that say what is wanted."""
    base, overlay = written.base, written.overlay
    keys = document_keys(base.key.kind)
    new_base, new_overlay = split(base.value, overlay.value if overlay else {}, pulled.document, keys)
    edits = [FileEdit(base.path, base.document, new_base)] if new_base != base.value else []
    if overlay is not None and new_overlay != overlay.value:
        edits.append(FileEdit(overlay.path, overlay.document, new_overlay))
    return edits


def build_pull(
    catalogue: Catalogue,
    patches: Iterable[Patch],
    name_uri: NameUri,
    files: Files,
    gone: Sequence[EntityKey] = (),
    deletes: int = 0,
) -> Pull:
    """The files that take over everything of which live is ahead.

    gone: entities that were deleted live; they are taken out of the files when there are at most ``deletes``.
    """
    concerned = [patch for patch in patches if any(change.ahead is not Ahead.GIT for change in patch.changes)]
    keys = [*(patch.key for patch in concerned), *gone]
    by_path = {file.path: file for file in (*files.entities, *files.overlays)}
    names = {path: file.name for path, file in by_path.items()}
    texts = {path: file.source.text for path, file in by_path.items()}
    work = _Work(catalogue, files, name_uri, names, texts, _written(catalogue, files, keys))
    for patch in concerned:
        work.pull(patch)
    removed = len(gone) <= deletes
    for key in gone if removed else ():
        work.remove(key)
    texts_after = work.made()
    return Pull(
        tuple(texts_after),
        tuple(work.taken),
        tuple(work.refused),
        tuple(work.both),
        () if removed else tuple(gone),
    )


def _written(catalogue: Catalogue, files: Files, keys: Collection[EntityKey]) -> dict[EntityKey, Written]:
    named = {catalogue.sources[key].file for key in keys}
    found = written_entities(find_originals(files, named), catalogue.environment)
    if all(key in found for key in keys):
        return found
    return written_entities(find_originals(files), catalogue.environment)
