"""Problems: what is wrong in a catalogue, where, and what to do. Values, collected and reported together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from reconciler.model.errors import ReconcilerError

Path = tuple[str | int, ...]  # keys and indexes from a document's root to a value


@dataclass(frozen=True, slots=True, order=True)
class SourceSpan:
    """A place in a file. line and column count from 1, columns in characters; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Part(Enum):
    """Which part of ``key: value`` a place means."""

    KEY = auto()
    VALUE = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """Where one document came from, and where in it each value stands.

    locate: (path in the document, which part) -> (line, column), from 1; of the nearest existing ancestor when the
    path has no value.   start: line and column of the document itself, known without looking.
    over, overlaid: the document of an environment that is laid over this one, and the paths that it wrote.
    locate_within: (path of a text, a character of it, from 0) -> line and column; None where no file holds the text.
    """

    file: str
    locate: Callable[[Path, Part], tuple[int, int]]
    start: tuple[int, int] = (1, 1)
    over: Source | None = None
    overlaid: frozenset[Path] = frozenset()
    locate_within: Callable[[Path, int], tuple[int, int]] | None = None

    def span(self, *path: str | int) -> SourceSpan:
        """The place of the value at this path; of its key where the value begins on a later line."""
        holder = self.holder(*path)
        return SourceSpan(holder.file, *(holder.locate(path, Part.VALUE) if path else holder.start))

    def key_span(self, *path: str | int) -> SourceSpan:
        """The place of the key at this path."""
        holder = self.holder(*path)
        return SourceSpan(holder.file, *holder.locate(path, Part.KEY))

    def span_within(self, offset: int, *path: str | int) -> SourceSpan:
        """The place of one character of the text at this path, however the file writes that text."""
        holder = self.holder(*path)
        if holder.locate_within is None:
            return self.span(*path)
        return SourceSpan(holder.file, *holder.locate_within(path, offset))

    def holder(self, *path: str | int) -> Source:
        """The document that this value came from: an environment's where that wrote it, else the entity's own."""
        if self.over is not None and any(path[:length] in self.overlaid for length in range(1, len(path) + 1)):
            return self.over
        return self


class Code(StrEnum):
    """The stable code of each problem; those from 100 on are warnings."""

    FILE = "RC001"
    SYNTAX = "RC002"
    DUPLICATE_FIELD = "RC003"
    LIMIT = "RC004"
    YAML_VALUE = "RC005"
    LINK = "RC006"
    SETTINGS = "RC007"
    DOCUMENT = "RC008"
    KIND = "RC010"
    MISSING_FIELD = "RC011"
    UNKNOWN_FIELD = "RC012"
    VALUE = "RC013"
    KEY = "RC014"
    DUPLICATE_KEY = "RC015"
    SHARED_CONTAINER = "RC016"
    EXTRA = "RC017"
    OVERLAY = "RC018"
    NOT_YET = "RC019"
    DANGLING = "RC020"
    WRONG_KIND = "RC021"
    NAME_TAKEN = "RC022"
    REPEATED_PLACEMENT = "RC023"
    FALLBACK_PLACEMENT = "RC024"
    COMPONENT_TYPE = "RC025"
    COMPONENT_FORMAT = "RC026"
    CAP = "RC027"
    PRIORITY = "RC028"
    DATES = "RC029"
    FILTER_FORM = "RC030"
    MOVED = "RC031"
    FORGOTTEN = "RC032"
    ENVIRONMENT = "RC033"
    IGNORED = "RC034"
    RULE = "RC035"
    UNSELECTED_OFFER = "RC101"
    UNPLACED_OFFER = "RC102"
    EMPTY_FILTER = "RC103"
    ONLY_FALLBACK = "RC104"
    EXPIRED = "RC105"
    FALLBACK_STATUS = "RC106"
    UNUSED = "RC107"
    SAME_NAME = "RC108"
    SERVICE_LIMIT = "RC109"
    SETTLED_RULE = "RC110"
    NEVER_WINS = "RC111"


class Severity(StrEnum):
    """Whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: a stable code such as ``RC012``, where, what, and what to do.

    excerpt: lines that show it, the last of them with carets; empty where the place says enough.
    environment: the only one in which it is wrong; None where it is wrong in all, or in the files as such.
    """

    code: Code
    span: SourceSpan
    message: str
    remedy: str
    environment: str | None = None
    excerpt: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """Codes from 100 on are warnings."""
        return Severity.WARNING if self.code >= "RC100" else Severity.ERROR

    @property
    def order(self) -> tuple[SourceSpan, str, str, str]:
        """Sorts problems by file, line, column, then code, so that two runs print the same bytes."""
        return (self.span, self.code, self.message, self.environment or "")


class CatalogueInvalid(ReconcilerError):
    """The catalogue has errors; ``problems`` holds all of them, sorted."""

    problems: tuple[Problem, ...] = ()

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.order))
        errors = sum(problem.severity is Severity.ERROR for problem in self.problems)
        count, noun = (errors, "error") if errors else (len(self.problems), "warning")
        super().__init__(f"the catalogue has {count} {noun}{'' if count == 1 else 's'}")
