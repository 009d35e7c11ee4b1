"""Uploads: kept by content outside static, pictures drawn anew, orphans taken away."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select

from portal.base import clock, files
from portal.base.errors import Refused
from portal.base.files import StoredFile


@pytest.fixture
def root(app: Flask) -> Path:
    return Path(app.config["SUNHOME"].files)


def photo(kind: str = "JPEG", size: tuple[int, int] = (400, 200), **options: Any) -> bytes:
    file = io.BytesIO()
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))  # the left half is red
    picture.save(file, kind, **options)
    return file.getvalue()


def contents(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("**/*") if path.is_file() and path.name != ".lock")


@contextmanager
def undone(db: Any) -> Iterator[None]:
    """A transaction that fails at its very end."""

    class Undo(Exception):
        pass

    with suppress(Undo), db():
        yield
        raise Undo


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(StoredFile)))


# Keeping


def test_a_file_lies_under_its_hash_and_nobody_else_may_read_it(db: Any, root: Path) -> None:
    with db():
        row = files.keep(b"proof", "../../荣誉 证书.pdf", "application/pdf", person_id=7)
        place, told = files.path_of(row), (row.name, row.media_type, row.size, row.person_id)
    sha256 = hashlib.sha256(b"proof").hexdigest()
    assert place == root / sha256[:2] / f"{sha256}.bin"
    assert place.read_bytes() == b"proof"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert told == ("荣誉 证书.pdf", "application/pdf", 5, 7)
    assert contents(root) == [place]


def test_equal_content_is_kept_once_and_recorded_twice(db: Any, root: Path) -> None:
    with db():
        files.keep(b"same", "a.csv", "text/csv")
        files.keep(io.BytesIO(b"same"), "b.csv", "text/csv")
    assert len(contents(root)) == 1
    assert count(db) == 2


def test_a_stream_is_read_again_when_the_transaction_is_run_again(db: Any) -> None:
    stream = io.BytesIO(b"once more")
    for _attempt in range(2):
        with db():
            assert files.keep(stream, "a.bin", "x/y").size == 9


def test_an_unknown_type_is_only_bytes(db: Any) -> None:
    with db():
        assert files.keep(b"<html>", "a.html", "text/html").media_type == files.OCTETS


def test_too_much_and_nothing_are_refused_and_leave_nothing(make_app: Any) -> None:
    app = make_app(upload_bytes=1000)
    with app.app_context():
        for content in (b"", b"x" * 1001, io.BytesIO(b"x" * 10_000_000)):
            with pytest.raises(Refused) as found:
                files.keep(content, "a", "x/y", field="proof")
            assert found.value.field == "proof"
        assert contents(app.config["SUNHOME"].files) == []


def test_a_crash_between_file_and_row_leaves_only_an_orphan(db: Any, root: Path) -> None:
    with undone(db):
        files.keep(b"lost", "a", "x/y")
    assert count(db) == 0
    assert [path.read_bytes() for path in contents(root)] == [b"lost"]


def test_a_crash_while_writing_leaves_no_content(
    db: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with db(), monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            files.keep(b"half", "a", "x/y")
    assert count(db) == 0
    assert contents(root) == []


# Pictures


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_webp(db: Any, kind: str) -> None:
    with db():
        row = files.keep_picture(io.BytesIO(photo(kind)), "我的照片.JPG")
        assert (row.name, row.media_type) == ("我的照片.webp", "image/webp")
        with Image.open(files.path_of(row)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (400, 200))


def test_a_large_picture_is_made_small(db: Any) -> None:
    with db():
        for size, expected in (((6000, 3000), (1600, 800)), ((1000, 2000), (800, 1600))):
            row = files.keep_picture(photo("JPEG", size), "a.jpg")
            with Image.open(files.path_of(row)) as picture:
                assert picture.size == expected


@pytest.mark.parametrize("size", [(400, 200), (4000, 2000)])
def test_a_picture_is_turned_upright_and_forgets_where_it_was_taken(
    db: Any, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by 90°: the left side is then above
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    content = photo("JPEG", size, exif=exif, comment=b"SECRET-COMMENT")
    assert b"SECRET-CAMERA" in content
    with db():
        row = files.keep_picture(content, "a.jpg")
        made = files.path_of(row).read_bytes()
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.size[0] < picture.size[1]
        assert not picture.getexif()
        upright = picture.convert("RGB")
        width, height = upright.size
        assert upright.getpixel((width // 2, 3))[1] < 100  # red above
        assert upright.getpixel((width // 2, height - 3))[1] > 150  # white below
    for mark in (b"SECRET", b"EXIF", b"ICCP", b"XMP "):
        assert mark not in made


def test_a_moving_picture_stands_still(db: Any) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue", "green")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    with db():
        row = files.keep_picture(file.getvalue(), "a.webp")
        with Image.open(files.path_of(row)) as picture:
            assert getattr(picture, "n_frames", 1) == 1
            red, _green, blue = picture.convert("RGB").getpixel((20, 20))
            assert (red > 200, blue < 60) == (True, True)


def test_see_through_parts_stay_so(db: Any) -> None:
    palette = Image.new("P", (20, 20))
    for picture in (Image.new("RGBA", (20, 20), (0, 0, 0, 0)), palette, Image.new("1", (9, 9))):
        file = io.BytesIO()
        picture.save(file, "PNG", **({"transparency": 0} if picture is palette else {}))
        with db():
            row = files.keep_picture(file.getvalue(), "a.png")
            with Image.open(files.path_of(row)) as made:
                assert made.mode == ("RGB" if picture.mode == "1" else "RGBA")


# Sending


def test_a_file_is_sent_so_that_no_browser_runs_it(app: Flask, db: Any) -> None:
    with db(), app.test_request_context("/"):
        row = files.keep(b"<script>alert(1)</script>", "花名册.html", "text/html")
        answer = files.send(row)
        answer.direct_passthrough = False
        assert answer.get_data() == b"<script>alert(1)</script>"
        answer.close()
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Length"] == "25"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"___.html\"; filename*=UTF-8''%E8%8A%B1%E5%90%8D%E5%86%8C.html"
    )


def test_only_pictures_are_shown_in_the_page(app: Flask, db: Any) -> None:
    with db(), app.test_request_context("/"):
        answer = files.send(files.keep_picture(photo(), "a.jpg"))
        answer.close()
    assert answer.mimetype == "image/webp"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="a.webp"')


def test_a_file_gone_from_disk_is_not_found(app: Flask, db: Any) -> None:
    from werkzeug.exceptions import NotFound

    with db(), app.test_request_context("/"):
        row = files.keep(b"x", "a", "x/y")
        files.path_of(row).unlink()
        with pytest.raises(NotFound):
            files.send(row)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\林\\名单.xlsx", "名单.xlsx"), ("", "file"),
        ("...", "file"), ("a\r\nSet-Cookie: x=1.pdf", "a__Set-Cookie_ x=1.pdf"), ("\x00", "file"),
        ("发票\u202efdp.exe", "发票fdp.exe"), ('a"b;c.pdf', "a_b;c.pdf"), (".htaccess", "htaccess"),
        ("长" * 300 + ".xlsx", "长" * 145 + ".xlsx"), ("a." + "b" * 300, "a." + "b" * 148),
    ],
)  # fmt: skip
def test_names_are_cleaned(name: str, shown: str) -> None:
    assert files.clean_name(name) == shown


@given(st.text(max_size=300))
def test_no_name_breaks_a_header(name: str) -> None:
    shown = files.clean_name(name)
    assert 1 <= len(shown) <= files.LONGEST_NAME
    assert not set(shown) & set('/\\\r\n\0"')
    header = files.disposition(name)
    header.encode("ascii")
    assert header.count('"') == 2
    assert header.isprintable()


# Sweeping


def test_only_old_orphans_are_swept(db: Any, root: Path, time_machine: Any) -> None:
    start = clock.now()
    with db():
        used = files.keep(b"used", "a", "x/y").id
        files.keep(b"unused", "b", "x/y")
    with undone(db):
        files.keep(b"rolled back", "c", "x/y")
    (root / "aside" / "torn").write_bytes(b"half a file")
    with db():
        assert files.sweep([used]) == 0
    time_machine.move_to(start + timedelta(hours=23))
    with db():
        young = files.keep(b"young", "d", "x/y").id
        assert files.sweep([used]) == 0
    time_machine.move_to(start + timedelta(hours=25))
    os.utime(root / "aside" / "torn", (start.timestamp(), start.timestamp()))
    with db():
        assert files.sweep([used]) == 3  # the unused row, the rolled back content, the torn file
    kept = {path.read_bytes() for path in contents(root)}
    assert kept == {b"used", b"unused", b"young"}  # unused: its row might still have come back
    with db():
        assert files.sweep([used]) == 1
    assert {path.read_bytes() for path in contents(root)} == {b"used", b"young"}
    assert [row.id for row in db.rows(select(StoredFile.id).order_by("id"))] == [used, young]


def test_a_sweep_that_fails_takes_no_content_from_a_row(
    db: Any, root: Path, time_machine: Any
) -> None:
    with db():
        files.keep(b"unused", "b", "x/y")
    time_machine.move_to(clock.now() + timedelta(days=2))
    with undone(db):
        files.sweep([])
    assert count(db) == 1
    assert [path.read_bytes() for path in contents(root)] == [b"unused"]


def test_content_kept_again_is_young_again(db: Any, root: Path, time_machine: Any) -> None:
    with undone(db):
        files.keep(b"again", "a", "x/y")
    time_machine.move_to(clock.now() + timedelta(days=2))
    with undone(db):  # its row is not there yet when the sweep looks
        files.keep(b"again", "a", "x/y")
    with db():
        assert files.sweep([]) == 0
    assert len(contents(root)) == 1
