"""Media types: what a Content-Type names, and whether an Accept admits what we give (A3-A5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

from reconciler.emulator.problems import Refused, problem

PREFIX = "application/vnd.adobe.platform.xcore."
HAL = PREFIX + "hal+json"
PATCH_HAL = PREFIX + "patch.hal+json"
HOME_HAL = PREFIX + "home.hal+json"
RECEIPT = PREFIX + "xdm.receipt+json"
RESULTS_SCHEMA = "https://ns.adobe.com/experience/xcore/hal/results"

# A comma or semicolon separates only outside quotes; a quote that never closes runs to the end.
_LIST_ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+')
_PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*(?:"|$))+')


@dataclass(frozen=True, slots=True)
class MediaType:
    """A type with its parameters, names in lower case; ``*`` alone reads as ``*/*``."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> str | None:
        """The schema id without its version, if the type names one."""
        named = self.parameters.get("schema")
        return None if named is None else without_version(named)

    def __str__(self) -> str:
        return self.name + "".join(f'; {name}="{value}"' for name, value in self.parameters.items())


def hal(schema: str) -> MediaType:
    """The type of one instance of a schema, or of a page of results."""
    return MediaType(HAL, {"schema": schema})


@lru_cache(maxsize=256)
def without_version(schema: str) -> str:
    """A schema id without quotes around it and without ``;version=n`` (A7)."""
    return schema.strip().strip('"').partition(";")[0].strip()


@lru_cache(maxsize=256)
def parse_media_type(text: str) -> MediaType:
    """One media type; never fails: what is not one simply matches nothing."""
    name, *parameters = [match.group().strip() for match in _PARAMETER.finditer(text)] or [""]
    pairs = (parameter.partition("=") for parameter in parameters)
    return MediaType(
        "*/*" if name == "*" else name.lower(),
        {key.strip().lower(): _unquoted(value.strip()) for key, _, value in pairs},
    )


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'))


def parse_accept(text: str) -> Iterator[MediaType]:
    """The types an Accept admits; those with ``q=0`` are left out."""
    for item in _LIST_ITEM.findall(text):
        wanted = parse_media_type(item)
        if wanted.name and not _is_refusal(wanted):
            yield wanted


def _is_refusal(wanted: MediaType) -> bool:
    return re.fullmatch(r"0(\.0*)?", wanted.parameters.get("q", "1")) is not None


def require_acceptable(accept: str | None, offered: MediaType) -> None:
    """Refuse with 406 when the Accept admits nothing we can give. None, empty, ``*`` and ``*/*`` admit all."""
    if accept is None or not accept.strip():
        return
    if any(_admits(wanted, offered) for wanted in parse_accept(accept)):
        return
    raise not_acceptable(offered)


def not_acceptable(offered: MediaType) -> Refused:
    """406, saying what there is."""
    return problem(HTTPStatus.NOT_ACCEPTABLE, f"this address gives {offered}")


def _admits(wanted: MediaType, offered: MediaType) -> bool:
    if wanted.name in {"*/*", "application/*"}:
        return True
    if wanted.name != offered.name:
        return False
    return wanted.schema is None or offered.schema is None or wanted.schema == offered.schema
