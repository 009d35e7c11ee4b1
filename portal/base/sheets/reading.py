"""`read`: what kind of file it really is, and the reader for that kind."""

from __future__ import annotations

import os
from pathlib import Path

from portal.base.sheets import separated, workbook
from portal.base.sheets.refusals import refusal
from portal.base.sheets.tables import MEBIBYTE, Book, Limits

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b",
          b"BZh", b"\xfd7zXZ", b"\x7fELF", b"MZ", b"PK", b"SQLite format", b"{\\rtf")  # fmt: skip
MARKUP = (b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<style", b"<?xml", b"<svg",
          b"mime-version:")  # fmt: skip
TEXT_NAMES = {".csv", ".tsv", ".txt"}


def read(
    content: bytes | Path, name: str, *, limits: Limits | None = None, field: str | None = "file"
) -> Book:
    """Read a spreadsheet. `name` is the file's name as its owner knows it; nothing is opened by it.

    Raises Refused, at `field`, when it is not what its name says or is beyond `limits`.
    """
    limits = limits or Limits()
    name = os.path.basename(name.replace("\\", "/")).strip() or "?"
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size == 0:
        raise refusal("empty", field)
    if size > limits.file_bytes:
        raise refusal("too_big", field, most=limits.file_bytes // MEBIBYTE)
    suffix = os.path.splitext(name)[1].lower()
    start = _start(content)
    _refuse_other_kinds(start, suffix, content, field)
    if suffix == ".xlsx":
        return workbook.read_workbook(content, name, limits, field)
    data = content.read_bytes() if isinstance(content, Path) else content
    return separated.read_separated(data, name, limits, field)


def _start(content: bytes | Path) -> bytes:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(4096)
    return content[:4096]


def _refuse_other_kinds(
    start: bytes, suffix: str, content: bytes | Path, field: str | None
) -> None:
    if start.startswith(OLE):
        raise refusal("encrypted" if _is_locked_xlsx(content) else "xls", field)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(MARKUP):
        raise refusal("html", field)
    if suffix in {".xlsm", ".xltm", ".xlsb", ".xlam"}:
        raise refusal("macros", field)
    if suffix == ".xlsx":
        if not start.startswith(ZIP):
            raise refusal("disguised", field)
    elif suffix not in TEXT_NAMES:
        raise refusal("kind", field)
    elif start.startswith(BINARY):
        raise refusal("disguised", field)


def _is_locked_xlsx(content: bytes | Path) -> bool:
    """An .xlsx with a password is an OLE file that holds a stream of this name."""
    mark = "EncryptedPackage".encode("utf-16-le")
    data = content.read_bytes() if isinstance(content, Path) else content
    return mark in data
