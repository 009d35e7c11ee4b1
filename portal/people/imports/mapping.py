"""Mappings: how the columns of a file are to be read. They are data, not code (docs/import.md)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.base.sheets import Header
from portal.people.models import ImportMapping

SHIPPED = Path(__file__).resolve().parents[3] / "docs" / "mappings"


class Kind(StrEnum):
    """What a row of the file is."""

    PEOPLE = "people"
    UNITS = "units"
    UNIT_HISTORY = "unit_history"
    TITLE_HISTORY = "title_history"
    MANAGERS = "managers"
    SHIFTS = "shifts"


FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.PEOPLE: (
        "staff_no", "name", "gender", "national_id", "birth_date", "birth_calendar", "ethnicity",
        "phone", "email", "since", "contract", "site", "department", "team", "title", "grade",
        "shift", "superior", "education", "status", "last_day",
    ),
    Kind.UNITS: ("code", "name", "site"),
    Kind.UNIT_HISTORY: ("staff_no", "unit", "shift", "from", "to"),
    Kind.TITLE_HISTORY: ("staff_no", "title", "from", "to"),
    Kind.MANAGERS: ("staff_no", "unit", "from", "to"),
    Kind.SHIFTS: ("code", "name", "starts", "ends"),
}  # fmt: skip
"""What may be read of each kind of file, in the order in which it is shown."""
NEEDED: dict[Kind, frozenset[str]] = {
    Kind.PEOPLE: frozenset({"staff_no"}),
    Kind.UNITS: frozenset({"name"}),
    Kind.UNIT_HISTORY: frozenset({"staff_no", "unit", "from"}),
    Kind.TITLE_HISTORY: frozenset({"staff_no", "title", "from"}),
    Kind.MANAGERS: frozenset({"staff_no", "unit", "from"}),
    Kind.SHIFTS: frozenset({"name", "starts", "ends"}),
}
OPTIONS = frozenset(
    {
        "name", "title", "kind", "system", "header", "columns", "values", "constants",
        "intervals", "last_day", "staff_no_width", "national_id", "leaders", "ends_service",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text of a field stands: one column, or several joined by `glue`.

    names: any of these headers. number: the column, from 1, of a file without a header. after: only
    what follows the last of this sign.
    """

    names: tuple[str, ...] = ()
    number: int | None = None
    parts: tuple[Source, ...] = ()
    glue: str = " "
    after: str = ""

    def columns(self, header: Header, width: int) -> list[int | None]:
        """The columns it stands in, from 0; None for one that the file does not have."""
        if self.parts:
            return [column for part in self.parts for column in part.columns(header, width)]
        if self.number is not None:
            return [self.number - 1 if self.number <= width else None]
        return [header.column(*self.names)]


@dataclass(frozen=True, slots=True)
class Mapping:
    """One way of reading a kind of file.

    system: whose keys `code` and `unit` are. values: by field, what a cell says → what it means.
    constants: what is so of every row that is new. closed: the last day of an interval belongs to
    it. last_day_inclusive: the leaving day is the last day in service. staff_no_width: how many
    digits a staff number has. leaders: titles that lead, by the kind of unit. ends_service: who has
    no interval any more has left.
    """

    name: str
    kind: Kind
    columns: Dict[str, Source]
    raw: Dict[str, Any]
    title: Dict[str, str] = field(default_factory=dict)
    system: str = ""
    has_header: bool = True
    values: Dict[str, Dict[str, str]] = field(default_factory=dict)
    constants: Dict[str, str] = field(default_factory=dict)
    closed: bool = False
    last_day_inclusive: bool = True
    staff_no_width: int | None = None
    is_cn_id: bool = True
    leaders: Dict[str, frozenset[str]] = field(default_factory=dict)
    ends_service: bool = False

    def known_names(self) -> list[str]:
        """The headers it knows, by which the header row is found."""
        return [name for source in self.columns.values() for name in _names(source)]

    def code(self, key: str) -> str:
        """A key of the other system, as it is kept here."""
        return f"{self.system}:{key}"


def _names(source: Source) -> list[str]:
    return [*source.names, *(name for part in source.parts for name in _names(part))]


def _wrong(why: str) -> Refused:
    return Refused(_("对应关系写得不对：%(why)s", why=why), "mapping")


def _source(spec: Any, key: str) -> Source:
    if isinstance(spec, str) and clean(spec):
        return Source(names=(spec,))
    if isinstance(spec, int) and not isinstance(spec, bool) and 1 <= spec <= 500:
        return Source(number=spec)
    if isinstance(spec, list) and spec and all(isinstance(name, str) for name in spec):
        return Source(names=tuple(spec))
    if isinstance(spec, dict) and isinstance(spec.get("join"), list) and spec["join"]:
        parts = tuple(_source(part, key) for part in spec["join"])
        return Source(parts=parts, glue=str(spec.get("with", " ")))
    if isinstance(spec, dict) and "column" in spec and isinstance(spec.get("after"), str):
        inner = _source(spec["column"], key)
        return Source(names=inner.names, number=inner.number, after=spec["after"])
    raise _wrong(f"columns.{key}")


def _texts(raw: Dict[str, Any], key: str) -> dict[str, str]:
    found = raw.get(key) or {}
    if not isinstance(found, dict) or not all(
        isinstance(k, str) and isinstance(v, str) for k, v in found.items()
    ):
        raise _wrong(key)
    return found


def parse(raw: Any) -> Mapping:
    """A mapping from its JSON. Raises Refused naming what is wrong."""
    if not isinstance(raw, dict) or set(raw) - OPTIONS:
        extra = sorted(set(raw) - OPTIONS) if isinstance(raw, dict) else []
        raise _wrong(", ".join(map(str, extra)) or "JSON")
    try:
        kind = Kind(str(raw.get("kind")))
    except ValueError as error:
        raise _wrong("kind") from error
    columns = raw.get("columns")
    if not isinstance(columns, dict) or set(columns) - set(FIELDS[kind]):
        raise _wrong("columns")
    missing = NEEDED[kind] - set(columns)
    if missing:
        raise _wrong(", ".join(f"columns.{name}" for name in sorted(missing)))
    values = raw.get("values") or {}
    if not isinstance(values, dict):
        raise _wrong("values")
    leaders = raw.get("leaders") or {}
    width = raw.get("staff_no_width")
    if width is not None and (not isinstance(width, int) or not 1 <= width <= 20):
        raise _wrong("staff_no_width")
    if raw.get("intervals", "half_open") not in {"half_open", "closed"}:
        raise _wrong("intervals")
    if raw.get("last_day", "inclusive") not in {"inclusive", "exclusive"}:
        raise _wrong("last_day")
    if not isinstance(leaders, dict) or not all(isinstance(v, list) for v in leaders.values()):
        raise _wrong("leaders")
    return Mapping(
        name=str(raw.get("name") or "")[:80],
        kind=kind,
        columns={key: _source(spec, key) for key, spec in columns.items()},
        raw=raw,
        title=_texts(raw, "title"),
        system=str(raw.get("system") or "")[:60],
        has_header=bool(raw.get("header", True)),
        values={key: _texts(values, key) for key in values},
        constants=_texts(raw, "constants"),
        closed=raw.get("intervals") == "closed",
        last_day_inclusive=raw.get("last_day", "inclusive") == "inclusive",
        staff_no_width=width,
        is_cn_id=raw.get("national_id", "cn18") == "cn18",
        leaders={level: frozenset(map(str, titles)) for level, titles in leaders.items()},
        ends_service=bool(raw.get("ends_service")),
    )


# ---- where mappings are ---------------------------------------------------------------------


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(path.name) from error


def shipped() -> list[Mapping]:
    """The mappings that come with the portal, in the order of their names."""
    return [parse(_read(path)) for path in sorted(SHIPPED.glob("*.json"))]


def saved() -> list[Mapping]:
    """The mappings that were remembered here, the latest first."""
    rows = session().scalars(select(ImportMapping).order_by(ImportMapping.saved_at.desc()))
    return [parse(row.content) for row in rows]


def named(name: str) -> Mapping:
    """The mapping called so: a remembered one, a shipped one, or a file. Raises Refused."""
    row = session().scalar(select(ImportMapping).where(ImportMapping.name == name))
    if row is not None:
        return parse(row.content)
    if re.fullmatch(r"[\w.-]{1,80}", name) and (SHIPPED / f"{name}.json").is_file():
        return parse(_read(SHIPPED / f"{name}.json"))
    path = Path(name)
    if path.suffix == ".json" and path.is_file():
        return parse(_read(path))
    known = ", ".join(mapping.name for mapping in shipped())
    raise Refused(
        _("没有叫 %(name)s 的对应关系。现有：%(known)s。", name=name, known=known), "mapping"
    )


def signature(names: Iterable[str]) -> str:
    """What a header is known by: its column names in their order."""
    plain = "\0".join(re.sub(r"\s+", "", clean(name)).casefold() for name in names)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def remembered(names: Iterable[str]) -> Mapping | None:
    """The mapping last used for a file with this very header."""
    row = session().scalar(select(ImportMapping).where(ImportMapping.signature == signature(names)))
    return None if row is None else parse(row.content)


def fitting(names: Iterable[str]) -> Mapping | None:
    """The shipped mapping most of whose columns this header has; None when half are missing."""
    header = Header(tuple(names), tuple(names), None, 0)
    best, most = None, 0.5
    for mapping in shipped():
        if not mapping.has_header:
            continue
        places = [source.columns(header, len(header.names)) for source in mapping.columns.values()]
        share = sum(None not in place for place in places) / len(places)
        if share > most:
            best, most = mapping, share
    return best
