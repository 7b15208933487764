"""Generations of one catalogue: between any two are creates, patches, deletes, swapped names and moved references."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.generate import entity_files, sizes


def write_generation(root: Path, number: int, count: int) -> None:
    """Have the files of one generation, and no others, in a folder."""
    for folder in ("tags", "placements", "rules", "offers", "fallbacks", "filters", "activities"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for name, text in generation(number, count):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def generation(number: int, count: int) -> Iterator[tuple[str, str]]:
    """The files of one generation; 0 is the generated catalogue itself."""
    for path, text in entity_files(count):
        folder, index = path.split("/")[0], int(re.findall(r"(\d+)\.yaml", path)[0])
        edited = _edited(folder, index, text, number, count) if number else text
        if not number or not _is_left_out(folder, index, number):
            yield path, edited
        elif folder != "rules":
            yield path.replace(".yaml", f"-of-{number}.yaml"), _renewed(edited, number)


def _is_left_out(folder: str, index: int, number: int) -> bool:
    share = {"offers": 9, "filters": 4, "activities": 4, "rules": 6}.get(folder)
    return share is not None and index % share == number % share


def _edited(folder: str, index: int, text: str, number: int, count: int) -> str:
    many = sizes(count)
    match folder:
        case "tags":
            return text.replace(f"Theme {index}\n", f"Theme {(index + number) % many.tags}\n")
        case "rules":
            return text.replace("> ", f"> {number}")
        case "filters":
            return re.sub(r"(theme|offer)-(\d+)", lambda found: _member(found[1], int(found[2]), number, count), text)
        case "activities":
            return re.sub(r"choice-(\d+)", lambda found: _successor("filters", "choice", int(found[1]), number), text)
        case "offers":
            return _edited_offer(index, text, number)
    return text


def _edited_offer(index: int, text: str, number: int) -> str:
    def rule(found: re.Match[str]) -> str:
        return f"segment-{int(found[1]) + 1 if _is_left_out('rules', int(found[1]), number) else found[1]}"

    text = re.sub(r"segment-(\d+)", rule, text)
    if index % 3 == number % 3:
        text = re.sub(r"priority: (\d+)", rf"priority: {number}\1", text)
    if index // 2 % 5 == number:  # neighbours swap their names
        text = text.replace(f"name: Offer {index}\n", f"name: Offer {index ^ 1}\n")
    return text


def _member(what: str, index: int, number: int, count: int) -> str:
    """A tag moves on to another one of the same placement; an offer that is left out gives way to its successor."""
    many = sizes(count)
    if what == "theme":
        return f"theme-{(index + number * many.placements) % many.tags}"
    return _successor("offers", "offer", index, number)


def _successor(folder: str, stem: str, index: int, number: int) -> str:
    return f"{stem}-{index}-of-{number}" if _is_left_out(folder, index, number) else f"{stem}-{index}"


def _renewed(text: str, number: int) -> str:
    """The entity that comes in the place of one that is left out."""
    text = re.sub(r"^key: (.*)$", rf"key: \1-of-{number}", text, flags=re.MULTILINE)
    return re.sub(r"^name: (.*)$", rf"name: \1, again in {number}", text, flags=re.MULTILINE)
