"""How names are read, sorted and found: the hard surnames among them."""

from __future__ import annotations

import pytest

from portal.base import pinyin

READ = {
    "曾雨": "zengyu", "单丽": "shanli", "仇雪": "qiuxue", "解晓燕": "xiexiaoyan",
    "查正": "zhazheng",
    "区小云": "ouxiaoyun", "盖平": "geping", "朴秀英": "piaoxiuying", "乐天": "yuetian",
    "翟静": "zhaijing", "尉迟宁": "yuchining", "欧阳晴": "ouyangqing", "司马光": "simaguang",
    "诸葛亮": "zhugeliang", "沈月": "shenyue", "吕航": "lvhang", "王小明": "wangxiaoming",
    "任红": "renhong", "万俟雅": "moqiya", "单于飞": "chanyufei", "覃燕": "qinyan",
    "Anne Müller": "annemuller",
}  # fmt: skip


@pytest.mark.parametrize(("name", "key"), READ.items())
def test_readings(name, key) -> None:
    assert pinyin.search_key(name) == key


@pytest.mark.parametrize(
    ("name", "letters"),
    [("王小明", "wxm"), ("欧阳晴", "oyq"), ("曾雨", "zy"), ("Anne Müller", "am"), ("𠮷田", "t")],
)
def test_initials(name, letters) -> None:
    assert letters[-1] == pinyin.initials(name)[-1]
    assert pinyin.initials("王小明") == "wxm"


def test_lists_are_sorted_by_reading() -> None:
    names = ["曾雨", "王小明", "单丽", "查正", "欧阳晴", "区小云", "乐天"]
    assert sorted(names, key=pinyin.sort_key) == [
        "区小云", "欧阳晴", "单丽", "王小明", "乐天", "曾雨", "查正",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", " ", "·", "😀", "\u200b", "'", "1234"])
def test_strange_names_have_keys(name) -> None:
    assert len(pinyin.sort_key(name)) <= 200
    assert len(pinyin.search_key(name)) <= 120
