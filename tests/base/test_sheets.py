"""Spreadsheets as people keep them: read as they are seen, doubts named, nothing guessed."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from portal.base import sheets
from portal.base.errors import Refused
from portal.base.sheets import Cell, Doubt, Kind, Place, ShareRule

PLACE = Place("表.csv")


def text(value: str) -> Cell:
    kind = Kind.TEXT if value.strip() else Kind.EMPTY
    return Cell(value, kind, value, 5, 3, PLACE)


def number(value: float) -> Cell:
    return workbook([[value]]).sheets[0].rows[0][0]


def workbook(rows: list[list[Any]], name: str = "表.xlsx", **options: Any) -> sheets.Book:
    return sheets.read(made(rows, **options), name)


def made(rows: list[list[Any]], merges: tuple[tuple[int, int, int, int], ...] = ()) -> bytes:
    """An .xlsx; a value may be (number, format), and a merge keeps its first cell."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("一月")
        for merge in merges:
            sheet.merge_range(*merge, "")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_number(r, c, value[0], book.add_format({"num_format": value[1]}))
                elif value is not None:
                    sheet.write(r, c, value)
    return file.getvalue()


def reason(value: Any) -> str:
    assert isinstance(value, Doubt), value
    assert value.text
    return value.reason_code


def texts(table: sheets.Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def refused(content: bytes, name: str, **limits: Any) -> str:
    with pytest.raises(Refused) as found:
        sheets.read(content, name, limits=sheets.Limits(**limits))
    assert found.value.field == "file"
    return found.value.message


# Text tables

ROWS = "工号,姓名,备注\r\n000101,林媛馨,好\r\n000104,徐彤,\r\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_every_encoding_gives_the_same_table(encoding: str, shown: str) -> None:
    book = sheets.read(ROWS.encode(encoding), "花名册.csv")
    assert texts(book.sheets[0]) == [
        ["工号", "姓名", "备注"], ["000101", "林媛馨", "好"], ["000104", "徐彤", ""],
    ]  # fmt: skip
    assert (book.encoding, book.separator) == (shown, ",")
    assert texts(sheets.read("\ufeff工号\n1".encode("utf-16-be"), "a.csv").sheets[0])[0] == ["工号"]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_the_separator_is_told_by_the_columns(mark: str, name: str) -> None:
    rows = [["名", "话", "日"], ["王, 小明", "好; 很好", "1"], ["李", "a | b, c", "2"]] * 5
    quoted = "\n".join(mark.join(f'"{v}"' if mark in v else v for v in row) for row in rows)
    assert texts(sheets.read(quoted.encode(), name).sheets[0]) == rows


def test_a_cell_knows_its_address() -> None:
    table = sheets.read(b'a,b,c,d\n\n"x\ny",2,3,4\n , ,\n5\n', "D:\\人事\\花名册.csv").sheets[0]
    assert len(table.rows) == 3
    assert table.rows[1][0].text == "x\ny"
    assert table.rows[1][3].address == "花名册.csv · 第 3 行 · D 列"
    last = table.rows[2]
    assert [cell.row for cell in last] == [5] * 4
    assert [cell.kind for cell in last] == [Kind.TEXT, Kind.EMPTY, Kind.EMPTY, Kind.EMPTY]


def test_the_separator_line_of_excel_is_no_row() -> None:
    table = sheets.read(b"sep=;\na;b\n1,5;2\n", "a.csv").sheets[0]
    assert texts(table) == [["a", "b"], ["1,5", "2"]]
    assert table.rows[0][0].row == 2


def test_bare_quotes_in_tabbed_text_lose_no_rows() -> None:
    table = sheets.read(b'5"\t"half\n' * 3, "a.txt").sheets[0]
    assert texts(table) == [['5"', '"half']] * 3


def test_bare_quotes_with_commas_are_refused_by_row() -> None:
    assert "第 3 行" in refused(b'a,b\n1,2\n3,"x" y\n5,6\n', "a.csv")
    assert "引号" in refused(b'a,b\n1,"2\n3,4\n', "a.csv")


ROW = st.lists(st.text("ab,\"'\n=王 ", max_size=6), min_size=4, max_size=4)


@given(st.lists(ROW, max_size=8))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    rows = [["h", "i", "j", "k"], *rows]
    table = sheets.read(b"".join(sheets.write_csv(rows)), "a.csv").sheets[0]
    kept = [row for row in rows if any(value.strip() for value in row)]
    assert len(table.rows) == len(kept)
    for cells, row in zip(table.rows, kept, strict=True):
        for cell, value in zip(cells, row, strict=True):
            added = "'" if value.startswith(("=", "\n")) and value.strip() else ""
            assert cell.text == added + value or not value.strip()


# Workbooks


def test_a_workbook_keeps_its_kinds() -> None:
    moment = (45_355.5, "yyyy-mm-dd hh:mm")
    row = ["000101", 1824, 0.9268999999999999, (45_355, "yyyy-mm-dd"), moment, True,
           (1.5, "[h]:mm:ss"), None, "末"]  # fmt: skip
    book = workbook([["标题"], [], row])
    cells = book.sheets[0].rows[1]
    assert [cell.text for cell in cells] == [
        "000101", "1824", "0.9269", "2024-03-04", "2024-03-04 12:00:00", "TRUE", "36:00:00", "",
        "末",
    ]  # fmt: skip
    assert [str(cell.kind) for cell in cells] == [
        "text", "number", "number", "date", "date", "bool", "duration", "empty", "text",
    ]  # fmt: skip
    assert [cell.was_number for cell in cells[:2]] == [False, True]
    assert cells[3].raw == date(2024, 3, 4)
    assert cells[4].raw == datetime(2024, 3, 4, 12)  # noqa: DTZ001
    assert cells[6].raw == timedelta(hours=36)
    assert cells[8].address == "表.xlsx · 一月 · 第 3 行 · I 列"


def test_an_error_value_is_named_and_not_lost() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["工号", "分"])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        sheet.write_string(1, 0, "000101")
        sheet.write_formula(5, 2, "=NA()", None, "#N/A")
    rows = sheets.read(file.getvalue(), "a.xlsx").sheets[0].rows
    assert (rows[1][1].text, rows[1][1].kind) == ("#DIV/0!", Kind.ERROR)
    assert reason(sheets.as_number(rows[1][1])) == "error_value"
    assert rows[2][2].address.endswith("第 6 行 · C 列")
    assert reason(sheets.as_text(rows[2][2])) == "error_value"


def test_a_table_that_begins_far_off_keeps_its_addresses() -> None:
    table = workbook([*[[]] * 6, [None, None, "x", 5]]).sheets[0]
    assert table.rows[0][3].text == "5"
    assert table.rows[0][3].address.endswith("第 7 行 · D 列")


def test_hidden_sheets_say_so() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("看得见").write(0, 0, "a")
        secret = book.add_worksheet("藏起来")
        secret.write(0, 0, "b")
        secret.hide()
    found = sheets.read(file.getvalue(), "a.xlsx").sheets
    assert [(table.name, table.hidden) for table in found] == [("看得见", False), ("藏起来", True)]


def test_a_path_is_read_like_its_bytes(tmp_path: Path) -> None:
    for name, content in (("a.xlsx", made([["工号"], ["000101"]])), ("a.csv", b"a,b\n1,2\n")):
        (tmp_path / name).write_bytes(content)
        assert texts(sheets.read(tmp_path / name, name).sheets[0]) == texts(
            sheets.read(content, name).sheets[0]
        )


# Headers

DOUBLE = [
    ["绩效统计表（2025年7月）"],
    ["工号", "姓名", "话务", None, "评价", None],
    [None, None, "接通量", "平均通话时长(秒)", "投诉数", "表扬数"],
    ["000146", "杨瑶", 2314, 196, 0, 2],
    ["000150", "彭娟欣", 1816, 194, 1, 0],
    ["合计", None, 4130, 195, 1, 2],
    [],
    ["制表：运营支撑部"],
]
MERGES = ((0, 0, 0, 5), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5))


def double(as_csv: bool) -> sheets.Table:
    if not as_csv:
        return workbook(DOUBLE, merges=MERGES).sheets[0]
    lines = (",".join("" if value is None else str(value) for value in row) for row in DOUBLE)
    return sheets.read("\n".join(lines).encode(), "a.csv").sheets[0]


@pytest.mark.parametrize("as_csv", [False, True], ids=["xlsx", "csv"])
@pytest.mark.parametrize("known", [["工号", "姓名", "接通量"], ["接通量", "表扬数", "工号"]])
def test_a_double_header_under_a_title_is_found_and_joined(as_csv: bool, known: list[str]) -> None:
    table = double(as_csv)
    top = sheets.find_header(table, known)
    assert top == 1
    found = sheets.header(table, top)
    assert found.names == (
        "工号", "姓名", "话务 / 接通量", "话务 / 平均通话时长(秒)", "评价 / 投诉数",
        "评价 / 表扬数",
    )  # fmt: skip
    assert found.column("平均通话时长") == 3
    assert found.column("话务/接通量", "接通量") == 2
    assert found.column("没有") is None
    rows = list(sheets.records(table, found))
    assert [record.cells[0].text for record in rows] == ["000146", "000150", "制表：运营支撑部"]
    assert [record.row for record in rows] == [4, 5, 8]
    cell = rows[0].get("接通量")
    assert cell is not None
    assert cell.text == "2314"
    sums = [record.get("接通量") for record in sheets.totals(table, found)]
    assert [cell.text for cell in sums if cell] == ["4130"]


def test_a_single_header_is_not_taken_for_a_double_one() -> None:
    table = sheets.read("变动表\n工号,姓名,类型\n1,林,晋升\n".encode(), "a.csv").sheets[0]
    assert sheets.find_header(table, ["工号", "姓名", "类型"]) == 1
    assert sheets.header(table, 1).data == 2
    gap = sheets.read("工号,,类型\n林,王,晋升\n".encode(), "a.csv").sheets[0]
    assert sheets.header(gap, 0).data == 1


def test_a_file_without_header_has_letters() -> None:
    table = sheets.read(b"1\tDay\t07:00\n2\tNight\t23:00\n", "Shift.csv").sheets[0]
    assert sheets.find_header(table, ["工号", "姓名"]) is None
    found = sheets.header(table, None)
    assert found.names == ("A", "B", "C")
    assert len(list(sheets.records(table, found))) == 2


def test_a_header_said_again_is_no_record() -> None:
    table = sheets.read("工号,姓名\n1,林\n工号,姓名\n2,王\n总计：,2\n".encode(), "a.csv").sheets[0]
    found = sheets.header(table, 0)
    assert [record.cells[0].text for record in sheets.records(table, found)] == ["1", "2"]
    assert len(sheets.totals(table, found)) == 1


@given(st.integers(0, 20_000))
def test_column_letters_are_those_of_excel(column: int) -> None:
    letters = sheets.column_letters(column)
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    assert value - 1 == column


# Days


@pytest.mark.parametrize(
    "written",
    ["2024-03-04", "2024-3-4", "2024/3/4", "2024.3.4", "2024.03.04", "2024年3月4日",
     "2024年03月04号", "20240304", "２０２４／３／４", " 2024-03-04 ", "2024-03-04 00:00:00.000",
     "2024-03-04T00:00:00Z"],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    assert sheets.as_day(text(written)) == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("03/04/2024", "ambiguous_day"), ("24/3/4", "two_digit_year"),
        ("24年3月4日", "two_digit_year"),
        ("2024-02-30", "no_such_day"), ("20241301", "no_such_day"), ("0024-03-04", "year"),
        ("9999-06-01", "year"), ("2024-09", "no_day"), ("2024年9月", "no_day"),
        ("昨天", "not_a_day"),
        ("45355", "serial"), ("2024-03-04 08:30", "has_time"), ("", "empty"),
        ("#N/A", "error_value"), ("2024-03-04 99:99x", "not_a_day"), ("٢٠٢٤-٠٣-٠٤", "not_a_day"),
    ],
)  # fmt: skip
def test_an_unclear_day_is_a_doubt(written: str, code: str) -> None:
    assert reason(sheets.as_day(text(written))) == code


def test_an_ambiguous_day_names_both_and_offers_neither() -> None:
    doubt = sheets.as_day(text("03/04/2024"))
    assert isinstance(doubt, Doubt)
    assert "2024-03-04" in doubt.text
    assert "2024-04-03" in doubt.text
    assert doubt.offer is None
    assert doubt.fatal
    assert sheets.as_day(text("13/04/2024")) == date(2024, 4, 13)
    assert sheets.as_day(text("04/13/2024")) == date(2024, 4, 13)
    assert sheets.as_day(text("04/04/2024")) == date(2024, 4, 4)


def test_excel_day_numbers() -> None:
    assert sheets.as_day(number(45_355)) == date(2024, 3, 4)
    assert sheets.as_day(number(20_240_304)) == date(2024, 3, 4)
    assert reason(sheets.as_day(number(7))) == "not_a_day"
    assert reason(sheets.as_day(number(2024.3))) == "not_a_day"
    serial = sheets.as_day(text("45355"))
    assert isinstance(serial, Doubt)
    assert (serial.offer, serial.fatal) == (date(2024, 3, 4), False)
    at_1904 = number(45_355)._replace(place=Place("a.xlsx", "一月", epoch_1904=True))
    assert sheets.as_day(at_1904) == date(2028, 3, 5)
    assert sheets.as_day(text("9999-01-01")) in sheets.FOREVER


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from("-/."))
def test_every_day_is_read_back(day: date, mark: str) -> None:
    for written in (f"{day.year}{mark}{day.month}{mark}{day.day}", f"{day:%Y%m%d}"):
        assert sheets.as_day(text(written)) == day
    assert sheets.as_month(text(f"{day.year}-{day.month}")) == day.replace(day=1)


def test_months() -> None:
    for written in ("2022-09", "2022/9", "2022.09", "2022年9月", "202209", "2022-09-15"):
        assert sheets.as_month(text(written)) == date(2022, 9, 1)
    assert reason(sheets.as_month(text("2022-13"))) == "no_such_day"
    assert reason(sheets.as_month(number(2022.1))) == "not_a_day"


# Numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [("12", "12"), ("-3.5", "-3.5"), ("1,234,567.8", "1234567.8"), ("１２３", "123"), (".5", "0.5"),
     ("2.9999999999999999E-2", "0.029999999999999999"), (" 7 ", "7"), ("−2", "-2")],
)  # fmt: skip
def test_numbers(written: str, value: str) -> None:
    assert sheets.as_number(text(written)) == Decimal(value)


@pytest.mark.parametrize(
    "written",
    [
        "12a",
        "1,23",
        "NaN",
        "Infinity",
        "1_000",
        "１万",
        "98%",
        "1.2.3",
        "",
        "--1",
        "٣",
        "1e999",
        "0x10",
    ],
)
def test_what_is_no_number_is_a_doubt(written: str) -> None:
    reason(sheets.as_number(text(written)))


PARSERS = (
    sheets.as_day, sheets.as_month, sheets.as_number, sheets.as_whole, sheets.as_seconds,
    sheets.as_staff_no, sheets.as_national_id, sheets.as_text,
)  # fmt: skip


@given(st.text(max_size=30))
def test_no_text_breaks_a_parser(written: str) -> None:
    cell = text(written)
    for parse in PARSERS:
        value = parse(cell)
        assert not isinstance(value, Doubt) or value.text
    for rule in ShareRule:
        share = sheets.as_share(cell, rule)
        assert isinstance(share, Doubt) or 0 <= share <= 1


def test_whole_numbers() -> None:
    assert sheets.as_whole(number(2314)) == 2314
    assert reason(sheets.as_whole(text("2.5"))) == "not_whole"
    assert reason(sheets.as_whole(text("-1"))) == "out_of_range"
    assert reason(sheets.as_whole(text("32"), most=31)) == "out_of_range"
    assert reason(sheets.as_number(text("9" * 18))) == "precision"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("03:13", 193), ("3:13", 193), ("75:30", 4530), ("1:02:03", 3723), ("203", 203),
     ("3分13秒", 193), ("1小时2分", 3720), ("45秒", 45), ("０３：１３", 193), ("0", 0)],
)  # fmt: skip
def test_durations(written: str, seconds: int) -> None:
    assert sheets.as_seconds(text(written)) == seconds


@pytest.mark.parametrize(
    ("written", "code"),
    [("3:60", "not_a_duration"), ("1:75:00", "not_a_duration"), ("三分", "not_a_duration"),
     ("-5", "out_of_range"), ("203.4", "fraction"), ("0.002", "out_of_range"), ("", "empty")],
)  # fmt: skip
def test_unclear_durations(written: str, code: str) -> None:
    assert reason(sheets.as_seconds(text(written))) == code


def test_a_duration_that_excel_took_for_a_time_of_day_is_asked_about() -> None:
    cell = workbook([[(193 / 86_400, "mm:ss"), ((3 * 60 + 13) / 1440, "h:mm")]]).sheets[0].rows[0]
    assert sheets.as_seconds(cell[0]) == 193
    doubt = sheets.as_seconds(cell[1])
    assert isinstance(doubt, Doubt)
    assert (doubt.reason_code, doubt.offer, doubt.fatal) == ("clock_time", 193, False)


@given(st.integers(0, 5_999))
def test_minutes_and_seconds_are_read_back(seconds: int) -> None:
    assert sheets.as_seconds(text(f"{seconds // 60:02d}:{seconds % 60:02d}")) == seconds
    assert sheets.as_seconds(text(str(seconds))) == seconds


def test_shares_are_meant_as_their_column_means_them() -> None:
    fractions = [text("0.9876"), text("1"), text("0"), text("")]
    percents = [text("98.76"), text("100"), text("0")]
    assert sheets.share_rule(fractions) is ShareRule.FRACTION
    assert sheets.share_rule(percents) is ShareRule.PERCENT
    assert sheets.share_rule([*fractions, *percents]) is ShareRule.MIXED
    assert sheets.share_rule([text("98.76%"), text("0.5%")]) is ShareRule.FRACTION
    assert sheets.as_share(text("98.76%"), ShareRule.MIXED) == Decimal("0.9876")
    assert sheets.as_share(text("98.76"), ShareRule.PERCENT) == Decimal("0.9876")
    assert sheets.as_share(text("0.9876"), ShareRule.FRACTION) == Decimal("0.9876")
    assert sheets.as_share(text("９８％"), ShareRule.PERCENT) == Decimal("0.98")
    mixed = sheets.as_share(text("98.76"), ShareRule.MIXED)
    assert isinstance(mixed, Doubt)
    assert (mixed.reason_code, mixed.offer, mixed.fatal) == (
        "mixed_share",
        Decimal("0.9876"),
        False,
    )
    assert reason(sheets.as_share(text("101"), ShareRule.PERCENT)) == "out_of_range"
    assert reason(sheets.as_share(text("高"), ShareRule.PERCENT)) == "not_a_share"


# Numbers that are names


def test_staff_numbers_keep_their_zeros() -> None:
    assert sheets.as_staff_no(text("000101"), 6) == "000101"
    assert sheets.as_staff_no(text("000101")) == "000101"
    assert sheets.as_staff_no(number(123_456), 6) == "123456"
    for cell in (number(1824), text("1824")):
        doubt = sheets.as_staff_no(cell, 6)
        assert isinstance(doubt, Doubt)
        assert (doubt.reason_code, doubt.offer, doubt.fatal) == ("lost_zeros", "001824", False)
    assert reason(sheets.as_staff_no(number(1824))) == "lost_zeros"
    assert reason(sheets.as_staff_no(text("1.2E+05"), 6)) == "exponent"
    assert reason(sheets.as_staff_no(text("0001011"), 6)) == "wrong_width"
    for written in ("A00101", "12.5", "工号", "-101", "٠٠٠١٠١"):
        assert reason(sheets.as_staff_no(text(written), 6)) == "not_a_staff_no"


FIRST_17 = "91400019900307001"


def test_a_national_id_is_checked() -> None:
    right = FIRST_17 + sheets.national_id_check(FIRST_17)
    assert sheets.as_national_id(text(right)) == right
    assert sheets.birth_of(right) == date(1990, 3, 7)
    # The worked example of GB 11643-1999.
    assert sheets.national_id_check("11010519491231002") == "X"
    assert sheets.as_national_id(text("11010519491231002x")) == "11010519491231002X"
    wrong = FIRST_17 + ("1" if right[-1] != "1" else "2")
    assert reason(sheets.as_national_id(text(wrong))) == "id_check"
    assert reason(sheets.as_national_id(text("914000199013070011"))) == "id_birth"
    assert reason(sheets.as_national_id(text("914000900307001"))) == "old_id"
    assert reason(sheets.as_national_id(text("1.10101E+17"))) == "exponent"
    assert reason(sheets.as_national_id(number(1.1010119900307e17))) == "exponent"
    assert reason(sheets.as_national_id(text("无"))) == "not_an_id"


@given(
    st.from_regex(r"\A9[1-8][0-9]{4}\Z"), st.dates(date(1950, 1, 1), date(2010, 12, 31)),
    st.from_regex(r"\A[0-9]{3}\Z"), st.integers(0, 16), st.integers(1, 9),
)  # fmt: skip
def test_one_wrong_digit_is_always_caught(
    area: str, born: date, order: str, spot: int, step: int
) -> None:
    first = f"{area}{born:%Y%m%d}{order}"
    right = first + sheets.national_id_check(first)
    assert sheets.as_national_id(text(right)) == right
    changed = right[:spot] + str((int(right[spot]) + step) % 10) + right[spot + 1 :]
    assert isinstance(sheets.as_national_id(text(changed)), Doubt)


def test_plain_texts() -> None:
    assert sheets.as_text(text(" 林\u200b媛馨\n（大） ")) == "林媛馨 （大）"
    assert sheets.as_text(text("")) == ""
    assert sheets.as_text(text("'=1+1")) == "=1+1"
    assert reason(sheets.as_text(text("a\x00b"))) == "control"
    assert reason(sheets.as_text(text("长" * 201))) == "too_long"


# Writing

FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "＝1"]


def test_csv_is_safe_for_excel() -> None:
    rows = [["名", "分"], *[[value, -5] for value in FORMULAS], ["平常", None]]
    content = b"".join(sheets.write_csv(rows))
    assert content.startswith("\ufeff名,分\r\n".encode())
    assert content.count(b"\r\n") == len(rows)
    cells = [row[0].text for row in sheets.read(content, "a.csv").sheets[0].rows[1:]]
    assert cells == ["'" + value for value in FORMULAS] + ["平常"]
    assert sheets.read(content, "a.csv").sheets[0].rows[1][1].text == "-5"
    stream = sheets.write_csv([str(i), date(2024, 3, 4), True] for i in range(2000))
    assert len(list(stream)) > 2


def test_xlsx_holds_texts_and_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    values = [*FORMULAS, "http://example.org", "000101", "x" * 40_000, "a\x01b"]
    rows = [[value, 7, Decimal("0.5"), date(2024, 3, 4), None, True] for value in values]
    columns = [
        sheets.Column("名", 20),
        "数",
        sheets.Column("率", number_format="0.0%"),
        "日",
        "空",
        "是",
    ]
    assert sheets.write_xlsx(path, columns, rows, sheet="名单[1]") == len(rows)
    import zipfile

    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        names = archive.namelist()
    assert b"<f>" not in xml
    assert b"hyperlink" not in xml
    assert not any("rels" in name and "sheet1" in name for name in names)
    table = sheets.read(path, "out.xlsx").sheets[0]
    assert [cell.text for cell in table.rows[0]] == ["名", "数", "率", "日", "空", "是"]
    assert [row[0].text for row in table.rows[1:9]] == FORMULAS
    assert table.rows[10][0].kind is Kind.TEXT
    assert [cell.text for cell in table.rows[10]] == [
        "000101",
        "7",
        "0.5",
        "2024-03-04",
        "",
        "TRUE",
    ]
    assert len(table.rows[11][0].text) == 32_767
    assert [path] == list(tmp_path.iterdir())


# Real input


@pytest.mark.shared
def test_the_real_roster_is_read(shared: Path) -> None:
    path = shared / "data/call-centre/花名册.csv"
    book = sheets.read(path, path.name)
    table = book.sheets[0]
    assert book.encoding == "gb18030"
    found = sheets.header(table, sheets.find_header(table, ["工号", "姓名", "身份证号"]))
    rows = list(sheets.records(table, found))
    assert len(rows) == 2012
    for record in rows:
        staff_no, national, born = (record.get(n) for n in ("工号", "身份证号", "出生日期"))
        assert staff_no
        assert national
        assert born
        assert isinstance(sheets.as_staff_no(staff_no, 6), str)
        number_18 = sheets.as_national_id(national)
        assert isinstance(number_18, str)
        assert sheets.birth_of(number_18) == sheets.as_day(born)
    assert {"𠮷", "䶮", "𬍛"} & {sign for r in rows for sign in r.cells[1].text}


SUMS = {"2025-07": (1281, 2393285), "2025-08": (1332, 2513306), "2025-09": (1400, 2527457),
        "2025-10": (1466, 2708397), "2025-11": (1535, 2736405), "2025-12": (1563, 2920306),
        "2025-09_更正": (1400, 2527552)}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("month", SUMS)
def test_the_real_monthly_sheets_add_up(shared: Path, month: str) -> None:
    path = shared / f"data/call-centre/绩效_{month}.xlsx"
    table = sheets.read(path, path.name).sheets[0]
    found = sheets.header(table, sheets.find_header(table, ["工号", "姓名", "接通量", "满意度%"]))
    rows = list(sheets.records(table, found))
    calls = [sheets.as_whole(c) for r in rows if (c := r.get("接通量"))]
    shares = [c for r in rows if (c := r.get("满意度%")) and not c.is_empty]
    spans = [c for r in rows if (c := r.get("平均通话时长")) and not c.is_empty]
    assert (len(rows), sum(c for c in calls if isinstance(c, int))) == SUMS[month]
    assert sheets.share_rule(shares) is ShareRule.FRACTION
    assert not [c for c in shares if isinstance(sheets.as_share(c, ShareRule.FRACTION), Doubt)]
    assert not [c for c in spans if isinstance(sheets.as_seconds(c), Doubt)]


@pytest.mark.shared
def test_the_real_files_without_header_are_read(shared: Path) -> None:
    for name, rows, width in (("Shift", 3, 5), ("Employee", 290, 16), ("FactCallCenter", 120, 14)):
        table = sheets.read(shared / f"data/adventure-works/{name}.csv", f"{name}.csv").sheets[0]
        assert (len(table.rows), table.width) == (rows, width)
        assert isinstance(sheets.as_day(table.rows[-1][-1]), date)
