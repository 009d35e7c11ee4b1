"""Why a whole file is refused, in words for the person who sent it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.base.errors import Refused

SENTENCES = {
    "empty": _l("文件是空的，里面没有一行内容。"),
    "too_big": _l("文件太大了：最多 %(most)s MB。"),
    "kind": _l("只能读 .xlsx、.csv、.tsv、.txt 文件。"),
    "xls": _l("这是旧版的 Excel 文件（.xls）。请在 Excel 里另存为 .xlsx，再试一次。"),
    "encrypted": _l("文件设了密码，打不开。请去掉密码再试。"),
    "macros": _l("文件里带有宏。请另存为不带宏的 .xlsx，再试一次。"),
    "links": _l("文件里引用了别的工作簿。请把公式粘贴为数值，断开链接后再试。"),
    "nested": _l("文件里嵌着别的文件。请删去嵌入的对象再试。"),
    "html": _l("这不是表格，是一个网页。请用 Excel 打开，另存为 .xlsx 再试。"),
    "disguised": _l("文件的内容和它的名字不符。请用 Excel 打开，另存为 .xlsx 再试。"),
    "damaged": _l("文件损坏了，读不出来。请重新导出一份再试。"),
    "bomb": _l("文件展开后太大，不像是真的表格。请拆成几个文件再试。"),
    "rows": _l("行数太多：一个文件最多 %(most)s 行（带格式的空行也算）。请拆成几个文件再试。"),
    "columns": _l("列数太多：最多 %(most)s 列。请删去多余的列再试。"),
    "cells": _l("单元格太多，读不下。请拆成几个文件再试。"),
    "long_cell": _l("%(place)s 的文字太长：一格最多 %(most)s 个字。"),
    "encoding": _l("文字编码认不出来。请在 Excel 里另存为 .xlsx 或 UTF-8 的 CSV，再试一次。"),
    "not_text": _l("这不是文字文件：里面有看不懂的字节。请另存为 .xlsx 再试。"),
    "quotes": _l("第 %(row)s 行附近的引号没有成对，没法分清各列。请改好再试。"),
}


def refusal(code: str, field: str | None = "file", **facts: object) -> Refused:
    """The `Refused` for a reason code of this module."""
    return Refused(str(SENTENCES[code]) % facts, field)
