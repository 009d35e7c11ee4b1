"""The two languages are complete: every Chinese text of a room has its English, and no more.

A text's catalogue is that of the room whose source or template it stands in; `make texts-update`
brings the catalogues up to the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.house.source import PORTAL, ROOT

TEMPLATES = ROOT / "templates"
ROOMS = sorted(path.parent.name for path in PORTAL.glob("*/__init__.py"))
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
}
HOLE = re.compile(r"%\((\w+)\)[a-z]|%[a-z%]")
CHINESE = re.compile(r"[\u3400-\u9fff]")
Key = str | tuple[str, ...]


def mapping() -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The same rules of extraction as `make texts-update`."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    return methods, options


def places(room: str) -> Iterator[Path]:
    """The folders and files whose texts belong to `room`."""
    yield PORTAL / room
    if room == "base":
        yield from sorted(TEMPLATES.glob("*.html"))
        yield TEMPLATES / "errors"
    else:
        yield TEMPLATES / room


def extracted(room: str) -> dict[Key, str]:
    """Each text of `room` with the place where it stands."""
    methods, options = mapping()
    found: dict[Key, str] = {}
    for place in places(room):
        if place.is_dir():
            for name, line, message, *_ in extract_from_dir(place, methods, options, KEYWORDS):
                found.setdefault(message, f"{place.name}/{name}:{line}")
        elif place.exists():
            html = options["**.html"]
            for line, message, *_ in extract_from_file("jinja2", place, KEYWORDS, options=html):
                found.setdefault(message, f"{place.name}:{line}")
    return found


def catalogue(room: str) -> Catalog:
    path = PORTAL / room / "texts" / "en" / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def holes(text: str) -> Counter[str]:
    return Counter(match[0] for match in HOLE.finditer(text))


def faults(message: Message) -> list[str]:
    """What is wrong with one entry of a catalogue."""
    source = message.id if isinstance(message.id, tuple) else (message.id,)
    target = message.string if isinstance(message.string, tuple) else (message.string,)
    found = []
    if message.fuzzy:
        found.append("fuzzy")
    if len(target) != len(source) or not all(text.strip() for text in target):
        found.append("no English")
    for text in target:
        if text and set(holes(text)) != set(holes(source[-1])):
            few = len(target) > 1 and text is target[0]
            if not few or set(holes(text)) - set(holes(source[0])):
                found.append(f"other placeholders: {text}")
        if CHINESE.search(text) and "中文" not in text:
            found.append(f"still Chinese: {text}")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_has_its_english(room: str) -> None:
    entries = {message.id: message for message in catalogue(room) if message.id}
    texts = extracted(room)
    missing = [f"{texts[key]}: {key}" for key in texts if key not in entries]
    wrong = [
        f"{message.id}: {', '.join(found)}"
        for message in entries.values()
        if (found := faults(message))
    ]
    assert not missing, "without English (make texts-update):\n" + "\n".join(missing)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_kept_that_nobody_says(room: str) -> None:
    book = catalogue(room)
    texts = extracted(room)
    idle = [str(message.id) for message in book if message.id and message.id not in texts]
    assert not idle, "said nowhere (make texts-update):\n" + "\n".join(idle)
    assert not book.obsolete


@pytest.mark.parametrize("room", ROOMS)
def test_texts_are_for_you(room: str) -> None:
    """One voice: 你, not 您."""
    polite = [f"{place}: {key}" for key, place in extracted(room).items() if "您" in str(key)]
    assert not polite, "\n".join(polite)


@pytest.mark.parametrize(
    ("source", "target", "flags", "fault"),
    [
        ("你好", "", (), "no English"),
        ("你好", "Hello", ("fuzzy",), "fuzzy"),
        ("%(name)s 你好", "Hello", (), "other placeholders"),
        ("你好", "Hello %(name)s", (), "other placeholders"),
        ("你好", "你好", (), "still Chinese"),
        (("%(num)s 天", "%(num)s 天"), ("%(num)s day", ""), (), "no English"),
        (("%(num)s 天", "%(num)s 天"), ("%(num)s day", "days"), (), "other placeholders"),
        (("%(num)s 天", "%(num)s 天"), ("one day", "%(num)s days"), (), None),
        ("%(name)s 你好", "Hello %(name)s", (), None),
    ],
)
def test_a_planted_fault_is_found(source: Any, target: Any, flags: Any, fault: str | None) -> None:
    found = "; ".join(faults(Message(source, target, flags=flags)))
    assert fault in found if fault else not found


def test_the_extraction_sees_source_and_templates() -> None:
    texts = extracted("base")
    assert "没有找到" in texts, "from Python"
    assert any("html" in place for place in texts.values()), "from templates"
