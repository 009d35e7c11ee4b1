"""Files meant to do harm: each is refused in words, fast, in little memory, and nothing is kept.

The bombs are built here, small on disk. Time is counted as processor time of all processes, so that
a busy machine does not fail the test; memory as the peak of the reading process and of its helper.
"""

from __future__ import annotations

import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from portal.base import files, sheets
from portal.base.errors import Refused

SECONDS = 2.0
MEGABYTES = 200
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def related(*targets: tuple[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def book(sheets_named: Iterable[str] = ("一月",), start: str = "") -> str:
    entries = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r0"/>' for n, name in enumerate(sheets_named, 1)
    )
    return f'{start}<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>{entries}</sheets></workbook>'


def xlsx(
    rows: bytes = b'<row r="1"><c r="A1"><v>1</v></c></row>',
    times: int = 1,
    *,
    after: bytes = b"",
    method: int = zipfile.ZIP_DEFLATED,
    **parts: str | bytes,
) -> bytes:
    """A workbook of one sheet: `rows` so many `times`; `parts` add or replace parts by name."""
    file = io.BytesIO()
    every: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": related(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book(),
        "xl/_rels/workbook.xml.rels": related(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
    }
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name, content in (every | parts).items():
            archive.writestr(name, content)
        if "xl/worksheets/sheet1.xml" not in parts:
            with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
                sheet.write(f"<worksheet {MAIN}><sheetData>".encode())
                for _time in range(times):
                    sheet.write(rows)
                sheet.write(b"</sheetData>" + after + b"</worksheet>")
    return file.getvalue()


def row_of(cell: bytes, cells: int) -> bytes:
    return b"<row>" + cell * cells + b"</row>"


def strings(text: bytes, times: int = 1) -> bytes:
    return f"<sst {MAIN}>".encode() + (b"<si><t>" + text + b"</t></si>") * times + b"</sst>"


def many_numbers() -> bytes:
    """Over four million cells that pack badly, so that no ratio gives them away."""
    dice = random.Random(1)
    cells = b"".join(b"<c><v>%d</v></c>" % dice.randrange(1000) for _n in range(24_000))
    content = xlsx(b"<row>" + cells + b"</row>", 175)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    assert sheet.file_size < 50 * sheet.compress_size
    return content


def lying_about_size(megabytes: int) -> bytes:
    """The directory says 1 kB; so many megabytes come out."""
    content = bytearray(xlsx(b" " * 1_000_000, megabytes))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        spot = content.find(mark)
        while spot >= 0:
            name = b"sheet1.xml" in content[spot : spot + 90]
            if name:
                content[spot + at : spot + at + 4] = struct.pack("<I", 1000)
            spot = content.find(mark, spot + 4)
    return bytes(content)


def overlapping() -> bytes:
    """Nine hundred entries that point at the same packed bytes; each and all are small enough."""
    content = xlsx(b" " * 200_000)
    end = content.rfind(b"PK\x05\x06")
    start = struct.unpack("<I", content[end + 16 : end + 20])[0]
    directory = content[start:end]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    more = b"".join(last.replace(b"sheet1.xml", b"s%05d.xml" % n) for n in range(900))
    directory += more
    count = directory.count(b"PK\x01\x02")
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return content[:start] + directory + tail


def many_entries() -> bytes:
    file = io.BytesIO(xlsx())
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(5000):
            archive.writestr(f"xl/media/{number}.txt", b"")
    return file.getvalue()


CORNER = (
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
FAR = CORNER.replace(b"XFD", b"A")
ONE = b"<c><v>1</v></c>"
TEXT = b'<c t="s"><v>0</v></c>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
BOMBS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "300 MB of rows": ("a.xlsx", "展开后", lambda: xlsx(row_of(ONE, 20) * 1000, 900)),
    "blank space": ("a.xlsx", "展开后", lambda: xlsx(b" " * 1_000_000, 150)),
    "the far corner": ("a.xlsx", "展开后", lambda: xlsx(CORNER)),
    "the last row": ("a.xlsx", "行数", lambda: xlsx(FAR)),
    "a million short rows": ("a.xlsx", "行数", lambda: xlsx(row_of(ONE, 1) * 1000, 290)),
    "very wide": ("a.xlsx", "列数", lambda: xlsx(row_of(b"<c><v>1</v></c>", 5000), 20)),
    "badly packed numbers": ("a.xlsx", "单元格太多", many_numbers),
    "one long text, used often": (
        "a.xlsx", "展开后",
        lambda: xlsx(row_of(TEXT, 100), 1000, **{"xl/sharedStrings.xml": strings(b"x" * 32_000)}),
    ),
    "one huge text": (
        "a.xlsx", "一格最多",
        lambda: xlsx(row_of(TEXT, 1), 1, **{"xl/sharedStrings.xml": strings(b"x" * 7_000_000)}),
    ),
    "one sheet under many names": (
        "a.xlsx", "展开后",
        lambda: xlsx(
            row_of(b"<c><v>1</v></c>", 20),
            9000,
            **{"xl/workbook.xml": book(f"s{n}" for n in range(150))},
        ),
    ),
    "unclosed error cells": ("a.xlsx", "损坏", lambda: xlsx(b'<c t="e" ' * 1000, 800)),
    "lying about its size": ("a.xlsx", "展开后", lambda: lying_about_size(100)),
    "lying a little": ("a.xlsx", "损坏", lambda: lying_about_size(5)),
    "overlapping entries": ("a.xlsx", "展开后", overlapping),
    "many entries": ("a.xlsx", "展开后", many_entries),
    "a zip inside": ("a.xlsx", "嵌着", lambda: xlsx(**{"xl/embeddings/a.bin": xlsx()})),
    "entities": ("a.xlsx", "损坏", lambda: xlsx(**{"xl/workbook.xml": book(start=LAUGHS)})),
    "commas": ("a.csv", "列数", lambda: b"," * 19_000_000),
    "one line": ("a.csv", "列数", lambda: b"x" * 19_000_000),
    "ten million rows": ("a.csv", "行数", lambda: b"1\n" * 9_500_000),
    "blank lines": ("a.csv", "行数", lambda: b"\n" * 19_000_000),
    "an open quote": ("a.csv", "一格最多", lambda: b'a,b\n"' + b"x\n" * 9_000_000),
    "quoted line ends": ("a.csv", "空", lambda: b'"\n",' * 4_700_000),
    "wide signs": ("a.csv", "单元格太多", lambda: ("𠮷" + ",1" * 20 + "\n").encode() * 440_000),
    "GB18030 for ever": ("a.csv", "行数", lambda: "工号,姓名\n".encode("gb18030") * 1_700_000),
}  # fmt: skip

PEAK = """
import re, resource
from pathlib import Path

def peak():
    # The kernel hands ru_maxrss of SELF on through exec: it would be that of the tests themselves.
    own = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    return int(own[1]) // 1024

def peak_of_helpers():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
"""

READER = (
    PEAK
    + """
import json, sys
sys.path.insert(0, sys.argv[1])
from portal.base import sheets
from portal.base.errors import Refused

def spent():
    both = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in both), max(peak(), peak_of_helpers())

for line in sys.stdin:
    path, name = json.loads(line)
    before, message = spent()[0], None
    try:
        sheets.read(Path(path), name)
    except Refused as refused:
        message = refused.message
    after, megabytes = spent()
    print(json.dumps([message, after - before, megabytes]), flush=True)
"""
)


class Reader:
    """A process of its own that only reads spreadsheets: its peak memory is theirs."""

    def __init__(self, folder: Path) -> None:
        root = Path(__file__).resolve().parents[2]
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", READER, str(root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def read(self, content: bytes, name: str) -> tuple[str | None, float, int]:
        path = self.folder / "hostile"
        path.write_bytes(content)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(path), name]) + "\n")
        self.process.stdin.flush()
        message, seconds, megabytes = json.loads(self.process.stdout.readline())
        return message, seconds, megabytes

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Reader(tmp_path_factory.mktemp("hostile"))
    yield made
    made.close()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_in_two_seconds_and_200_mb(reader: Reader, bomb: str) -> None:
    name, says, make = BOMBS[bomb]
    content = make()
    assert len(content) < 20 * 1024 * 1024
    message, seconds, megabytes = reader.read(content, name)
    assert message, "it was read"
    assert says in message
    assert message.endswith("。")
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_many_merged_cells_cost_little(reader: Reader) -> None:
    merges = b"<mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 340_000 + b"</mergeCells>"
    message, seconds, megabytes = reader.read(xlsx(after=merges), "a.xlsx")
    assert message is None
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_the_reader_itself_is_not_refusing_everything(reader: Reader) -> None:
    rows = b"".join(row_of(b"<c><v>7</v></c>", 10) for _n in range(5000))
    assert reader.read(xlsx(rows), "a.xlsx")[0] is None
    assert reader.read("工号,姓名\n1,林\n".encode() * 5000, "a.csv")[0] is None


def test_reading_stops_when_its_time_is_over() -> None:
    honest = xlsx(row_of(b"<c><v>7</v></c>", 20), 30_000)
    with pytest.raises(Refused):
        sheets.read(honest, "a.xlsx", limits=sheets.Limits(seconds=0.05, ratio=2000))


# What is not what it says

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def plain_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return file.getvalue()


def locked_part() -> bytes:
    content = bytearray(xlsx())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


DISGUISES: dict[str, tuple[str, bytes, str]] = {
    "old Excel": ("a.xls", OLE, "旧版"),
    "old Excel as xlsx": ("a.xlsx", OLE, "旧版"),
    "with a password": ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "密码"),
    "a locked part": ("a.xlsx", locked_part(), "密码"),
    "a web page as xlsx": ("a.xlsx", b"<html><table><tr><td>1</table>", "网页"),
    "a web page as csv": ("a.csv", b"\xef\xbb\xbf \n<!DOCTYPE html>", "网页"),
    "a web page as xls": ("a.xls", b"<table><tr><td>1</table>", "网页"),
    "XML of 2003": ("a.xlsx", b'<?xml version="1.0"?><Workbook/>', "网页"),
    "text as xlsx": ("a.xlsx", b"a,b\n1,2\n", "不符"),
    "xlsx as csv": ("a.csv", xlsx(), "不符"),
    "PDF as csv": ("a.csv", b"%PDF-1.7\n1 0 obj", "不符"),
    "picture as csv": ("a.csv", b"\x89PNG\r\n\x1a\n123", "不符"),
    "program as txt": ("a.txt", b"\x7fELF\x02\x01\x01", "不符"),
    "another zip as xlsx": ("a.xlsx", plain_zip(), "不符"),
    "another kind": ("a.exe", b"MZ", "只能读"),
    "no kind": ("名单", b"a,b\n", "只能读"),
    "macros": ("a.xlsm", xlsx(), "宏"),
    "macros, renamed": ("a.xlsx", xlsx(**{"xl/vbaProject.bin": b"x"}), "宏"),
    "macros by type": (
        "a.xlsx",
        xlsx(**{"[Content_Types].xml": TYPES.replace("spreadsheetml.sheet", "ms.macroEnabled")}),
        "宏",
    ),
    "binary workbook": ("a.xlsx", xlsx(**{"xl/workbook.bin": b"x"}), "宏"),
    "links to other books": (
        "a.xlsx", xlsx(**{"xl/externalLinks/externalLink1.xml": "<externalLink/>"}), "别的工作簿"
    ),
    "embedded book": ("a.xlsx", xlsx(**{"xl/embeddings/book.xlsx": xlsx()}), "嵌着"),
    "climbing names": ("a.xlsx", xlsx(**{"../../etc/passwd": "x"}), "损坏"),
    "cut off": ("a.xlsx", xlsx()[:-40], "损坏"),
    "cut in the middle": ("a.xlsx", xlsx()[:300], "损坏"),
    "another packing": ("a.xlsx", xlsx(method=zipfile.ZIP_BZIP2), "损坏"),
    "broken XML": ("a.xlsx", xlsx(b"<row><c><v>1</row></c>"), "损坏"),
    "nothing": ("a.csv", b"", "空"),
    "nothing as xlsx": ("a.xlsx", b"", "空"),
    "blank": ("a.csv", b"\xef\xbb\xbf\r\n , ,\r\n", "空"),
    "a book without rows": ("a.xlsx", xlsx(b""), "空"),
    "NUL": ("a.csv", b"a,b\n1,\x002\n", "字节"),
    "UTF-16 without mark": ("a.csv", "a,b\n".encode("utf-16-le"), "字节"),
    "half an UTF-16": ("a.csv", b"\xff\xfea\0,", "编码"),
    "no encoding": ("a.csv", b"a,\xff\xff\xff\n", "编码"),
    "wrong after its mark": ("a.csv", b"\xef\xbb\xbfa,\xb9\xa4\xba\xc5\n", "编码"),
    "a long cell": ("a.csv", b"a,b\n1," + b"x" * 40_000 + b"\n", "第 2 行 · B 列"),
    "a long cell in a book": (
        "a.xlsx",
        xlsx(row_of(b"<c/>" + TEXT, 1), **{"xl/sharedStrings.xml": strings(b"x" * 40_000)}),
        "第 1 行 · B 列",
    ),
}  # fmt: skip


@pytest.mark.parametrize("disguise", DISGUISES)
def test_what_is_not_what_it_says_is_refused_with_a_sentence(disguise: str) -> None:
    name, content, says = DISGUISES[disguise]
    with pytest.raises(Refused) as found:
        sheets.read(content, name)
    assert says in found.value.message
    assert found.value.status == 422


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_noise_is_refused_or_read_but_never_breaks(suffix: str) -> None:
    dice = random.Random(10086)
    starts = [xlsx(), "工号,姓名\r\n000101,林\r\n".encode("gb18030")]
    for turn in range(40 if suffix == ".xlsx" else 300):
        content = bytearray(starts[suffix == ".csv"])
        for _change in range(dice.randrange(1, 6)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        try:
            read = sheets.read(bytes(content), "a" + suffix)
        except Refused:
            continue
        assert read.sheets, f"seed 10086, turn {turn}"


def test_limits_can_be_narrowed() -> None:
    content = b"a,b,c\n" + b"1,2,3\n" * 20
    for limits, says in (
        (sheets.Limits(rows=20), "最多 20 行"), (sheets.Limits(columns=2), "最多 2 列"),
        (sheets.Limits(cells=62), "单元格"), (sheets.Limits(file_bytes=100), "太大"),
    ):  # fmt: skip
        with pytest.raises(Refused) as found:
            sheets.read(content, "a.csv", limits=limits, field=None)
        assert says in found.value.message
        assert found.value.field is None
    assert len(sheets.read(content, "a.csv", limits=sheets.Limits(rows=21)).sheets[0].rows) == 21


# Pictures


def png(width: int, height: int, *, rows: int | None = None) -> bytes:
    """A PNG of one colour that says so many pixels, whatever is in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    packer = zlib.compressobj(9)
    line = b"\0" * (1 + width * 4)
    body = b"".join(packer.compress(line) for _row in range(height if rows is None else rows))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body + packer.flush())
        + chunk(b"IEND", b"")
    )  # fmt: skip


def saved(kind: str, size: tuple[int, int], **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind, **options)
    return file.getvalue()


PICTURES: dict[str, tuple[bytes, str]] = {
    "a bomb": (png(30_000, 30_000, rows=50), "尺寸"),
    "a smaller bomb": (png(6000, 6000, rows=50), "尺寸"),
    "cut off": (saved("JPEG", (800, 800))[:2000], "打不开"),
    "cut off in its pixels": (saved("PNG", (800, 800))[:300], "打不开"),
    "GIF": (saved("GIF", (9, 9)), "打不开"),
    "BMP": (saved("BMP", (9, 9)), "打不开"),
    "TIFF": (saved("TIFF", (9, 9)), "打不开"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "打不开"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "打不开"),
    "a web page": (b"<html>", "打不开"),
    "nothing": (b"", "打不开"),
    "only a start": (b"\xff\xd8\xff\xe0", "打不开"),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_no_photo_is_refused_and_not_kept(db: Any, app: Any, picture: str) -> None:
    content, says = PICTURES[picture]
    with db():
        with pytest.raises(Refused) as found:
            files.keep_picture(io.BytesIO(content), "photo.jpg")
        assert says in found.value.message
        assert found.value.field == "picture"
    assert not list(Path(app.config["SUNHOME"].files).glob("**/*.bin"))


def test_a_picture_with_a_program_behind_it_loses_the_program(db: Any) -> None:
    content = saved("PNG", (40, 40)) + b"<script>alert(1)</script><?php system('id') ?>"
    with db():
        made = files.path_of(files.keep_picture(content, "a.png")).read_bytes()
    assert b"script" not in made
    assert b"php" not in made


def test_the_yardstick_of_memory_measures() -> None:
    ballast = bytearray(300_000_000)  # what the tests hold is not the measured process's
    code = PEAK + "start = peak(); held = b'x' * 150_000_000; print(start, peak() - start)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    start, used = map(int, answer.stdout.split())
    assert ballast
    assert start < 100
    assert 130 < used < 170


DRAWER = (
    PEAK
    + """
import sys
sys.path.insert(0, sys.argv[1])
from portal.base.files import _redrawn
start = peak()
made = _redrawn(open(sys.argv[2], "rb").read(), None)
print(len(made), peak() - start)
"""
)


@pytest.mark.parametrize(
    ("kind", "long"),
    [
        pytest.param(kind, long, marks=() if (kind, long) == ("JPEG", 15) else pytest.mark.long)
        for kind in files.MOST_PIXELS
        for long in (1, 15)
    ],
)
def test_the_largest_photo_accepted_costs_a_bounded_memory(
    tmp_path: Path, kind: str, long: int
) -> None:
    side = math.isqrt(files.MOST_PIXELS[kind] // long)
    size = (side * long, side)
    path = tmp_path / "photo"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(png(*size) if kind == "PNG" else saved(kind, size, progressive=True))
    root = str(Path(__file__).resolve().parents[2])
    answer = subprocess.run(
        [sys.executable, "-c", DRAWER, root, str(path)],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONWARNINGS": "error"},
    )  # fmt: skip
    made, megabytes = map(int, answer.stdout.split())
    assert made > 100
    assert megabytes < MEGABYTES
