"""The folder ``decisions/`` -> the values of its YAML documents, with where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.catalogue.files import read_decision_files
from reconciler.catalogue.reading import read_documents
from reconciler.model.problem import Problem, Source


@dataclass(frozen=True, slots=True)
class DecisionDocument:
    """One YAML document of decision cases. name: of its file, as reports name it."""

    name: str
    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class DecisionDocuments:
    """All documents of decision cases, by file, and what is wrong with their YAML."""

    documents: tuple[DecisionDocument, ...]
    problems: tuple[Problem, ...]


def read_decisions(root: Path) -> DecisionDocuments:
    """The decision cases of a catalogue directory; none where it has no such folder."""
    files, unreadable = read_decision_files(root)
    found: list[DecisionDocument] = []
    problems = list(unreadable)
    for file in files:
        documents, wrong = read_documents(file)
        problems += wrong
        for document in documents:
            source = file.source_of(document)
            found.append(DecisionDocument(file.name, document.value, source))
    return DecisionDocuments(tuple(found), tuple(problems))
