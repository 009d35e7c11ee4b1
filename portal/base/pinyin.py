"""How Chinese names are read: sort keys and initials, surnames by their own readings.

pypinyin reads 19 of 35 hard surnames as common words; the table below is ours, from the readings
that the families themselves use (曾 Zēng, 单 Shàn, 仇 Qiú, 解 Xiè, 查 Zhā, 区 Ōu …).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "盖": "ge",
    "朴": "piao", "乐": "yue", "翟": "zhai", "冼": "xian", "洗": "xian", "覃": "qin", "缪": "miao",
    "宓": "mi", "贲": "ben", "郗": "xi", "晁": "chao", "逄": "pang", "能": "nai", "折": "she",
    "黑": "he", "牟": "mu", "隗": "wei", "尹": "yin", "员": "yun", "任": "ren", "华": "hua",
    "召": "shao", "祭": "zhai", "种": "chong", "秘": "bi", "繁": "po", "谌": "chen", "佴": "nai",
    "车": "che", "沈": "shen", "尉": "wei", "万": "wan", "石": "shi", "柏": "bai", "卜": "bu",
    "燕": "yan", "宁": "ning", "纪": "ji", "哈": "ha", "葛": "ge", "褚": "chu", "薄": "bo",
    "令狐": "ling hu", "尉迟": "yu chi", "欧阳": "ou yang", "司马": "si ma", "诸葛": "zhu ge",
    "上官": "shang guan", "皇甫": "huang fu", "夏侯": "xia hou", "东方": "dong fang",
    "慕容": "mu rong", "司徒": "si tu", "公孙": "gong sun", "长孙": "zhang sun",
    "宇文": "yu wen", "轩辕": "xuan yuan", "万俟": "mo qi", "澹台": "tan tai", "呼延": "hu yan",
    "端木": "duan mu", "南宫": "nan gong", "单于": "chan yu", "独孤": "du gu",
    "吕": "lü", "逯": "lu",
}  # fmt: skip

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def _read(text: str) -> list[str]:
    """The syllables of `text`, one a character; what is not Chinese stays, lower case."""
    from pypinyin import Style, lazy_pinyin

    syllables: list[str] = lazy_pinyin(text, style=Style.NORMAL, errors="default", v_to_u=True)
    return syllables


@lru_cache(maxsize=4096)
def syllables(name: str) -> tuple[str, ...]:
    """How `name` is read, a word or syllable each: 王小明 → wang xiao ming."""
    name = unicodedata.normalize("NFC", name.strip())
    if not _HAN.search(name):
        plain = unicodedata.normalize("NFKD", name.lower())
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
        return tuple(re.findall(r"[^\W_]+", plain))
    compact = re.sub(r"[\s·•]", "", name)
    for length in (2, 1):
        surname = SURNAMES.get(compact[:length])
        if surname and (length == 1 or len(compact) > 2):
            return (*surname.replace("ü", "v").split(), *_given(compact[length:]))
    return tuple(_given(compact))


def _given(text: str) -> list[str]:
    return [part.lower().replace("ü", "v") for part in _read(text)] if text else []


def is_chinese(name: str) -> bool:
    """Written in Chinese characters."""
    return bool(_HAN.search(name))


def surname_length(name: str) -> int:
    """How many characters of a Chinese name are the surname."""
    return 2 if len(name) > 2 and name[:2] in SURNAMES else 1


def sort_key(name: str) -> str:
    """The key by which lists are sorted on both databases: syllables, then the name itself."""
    return f"{' '.join(syllables(name))}|{name}"[:200]


def search_key(name: str) -> str:
    """The reading without spaces, for search by prefix: wangxiaoming."""
    return "".join(syllables(name))[:120]


def initials(name: str) -> str:
    """The first letters: 王小明 → wxm."""
    return "".join(part[0] for part in syllables(name) if part)[:40]
