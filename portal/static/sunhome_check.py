#!/usr/bin/env python3
"""核对从阳光家园下载的金币明细。Check a statement of sunshine coins that was downloaded.

    python3 sunhome_check.py statement.json 摘要
    python3 sunhome_check.py statement.json digests.json

摘要：公示栏上的 64 位十六进制数，有没有空格都可以；或者存下来的公示栏文件。
The second argument is a root from the notice board (64 hexadecimal digits, spaces do not matter)
or the notice board itself, saved as JSON.

只用 Python 3.8 以上自带的库，不连网络。退出码：0 都对，1 有不对的，2 没有核对成。
Needs nothing but Python 3.8 or newer, and no network. Exit code: 0 all is right, 1 something is
wrong, 2 it could not be checked. docs/check.md says how to do the same by hand.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any, NoReturn

FORMAT = "sunhome-statement-1"
FIRST = "0" * 64
LISTS = {
    "proofs": {"day": str, "seq": int, "path": list},
    "digests": {"day": str, "through": int, "entries": int, "tree": str, "root": str},
    "entries": {
        "seq": int, "transfer": int, "amount": int, "balance": int, "reason": str,
        "happened_on": str, "entered_at": str, "seal": str, "hash": str,
    },
}  # fmt: skip
PLAIN = {"format": str, "account": int, "before": str}


class Wrong(Exception):
    """Something does not fit: exit code 1."""


class Unchecked(Exception):
    """It could not be checked: exit code 2."""


def wrong(chinese: str, english: str) -> NoReturn:
    raise Wrong(f"{chinese}\n{english}")


def unchecked(chinese: str, english: str) -> NoReturn:
    raise Unchecked(f"{chinese}\n{english}")


def digest(*fields: object) -> str:
    """SHA-256 of the fields, each ended by a newline."""
    return hashlib.sha256("".join(f"{field}\n" for field in fields).encode()).hexdigest()


# ---- reading --------------------------------------------------------------------------------


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, ValueError) as error:
        unchecked(f"打不开文件 {path}：{error}", f"The file {path} cannot be read: {error}")


def line_of(item: Any) -> str:
    return json.dumps(item, separators=(",", ":"))


def written(statement: dict[str, Any]) -> str:
    """A statement exactly as the portal writes it."""
    lines = ["{" + ",\n".join(f'"{name}":{line_of(statement[name])}' for name in PLAIN)]
    for name in LISTS:
        items = ",\n".join(line_of(item) for item in statement[name])
        lines.append(f'"{name}":[\n{items}]')
    return ",\n".join(lines) + "}\n"


def statement_of(text: str) -> dict[str, Any]:
    """The statement in the file, each part of the kind that it should be."""
    try:
        statement: dict[str, Any] = json.loads(text)
    except ValueError as error:
        wrong(f"文件坏了或被改过：{error}", f"The file is damaged or was changed: {error}")
    shape = {**PLAIN, **dict.fromkeys(LISTS, list)}
    if not fits(statement, shape) or statement["format"] != FORMAT:
        wrong("这不是完整的金币明细文件。", "This is no complete statement of coins.")
    for name, shape in LISTS.items():
        for number, item in enumerate(statement[name], 1):
            if not fits(item, shape):
                wrong(
                    f"{name} 的第 {number} 行不完整，或被改过。",
                    f"Line {number} of {name} is not complete, or was changed.",
                )
    return statement


def fits(item: Any, shape: dict[str, type]) -> bool:
    return (
        type(item) is dict
        and list(item) == list(shape)
        and all(type(item[name]) is kind for name, kind in shape.items())
    )


# ---- checking -------------------------------------------------------------------------------


def check_entries(statement: dict[str, Any]) -> None:
    """Each entry follows the one before it: in number, balance and hash."""
    before, balance = FIRST, 0
    for number, entry in enumerate(statement["entries"], 1):
        fields = [entry[name] for name in LISTS["entries"] if name != "hash"]
        fields.insert(0, statement["account"])
        balance += entry["amount"]
        right = (number, balance, digest(before, *fields))
        if right != (entry["seq"], entry["balance"], entry["hash"]):
            wrong(
                f"第 {number} 条分录不对：它被改过，或前面少了一条。",
                f"Entry {number} is the first that is wrong: it was changed, or one is missing.",
            )
        before = entry["hash"]


def check_digests(statement: dict[str, Any]) -> None:
    """Each digest holds the one before it."""
    before = statement["before"]
    for each in statement["digests"]:
        fields = [each[name] for name in ("day", "through", "entries", "tree")]
        if each["root"] != digest("digest", before, *fields):
            wrong(
                f"{each['day']} 的摘要不对，或前面少了一份。",
                f"The digest of {each['day']} is wrong, or one before it is missing.",
            )
        before = each["root"]


def check_proofs(statement: dict[str, Any]) -> None:
    """Each proof leads from an entry of this account to the tree of a digest."""
    trees = {each["day"]: each["tree"] for each in statement["digests"]}
    entries = statement["entries"]
    for proof in statement["proofs"]:
        day, seq = proof["day"], proof["seq"]
        known = 0 < seq <= len(entries)
        node = digest("leaf", statement["account"], seq, entries[seq - 1]["hash"] if known else "")
        for step in proof["path"]:
            side, other = step if type(step) is list and len(step) == 2 else ("", "")
            node = digest("node", other, node) if side == "left" else digest("node", node, other)
            known = known and side in ("left", "right")
        if not known or node != trees.get(day):
            wrong(
                f"明细到不了 {day} 的摘要：第 {seq} 条或更早的分录和封存时不一样。",
                f"No way leads to the digest of {day}: entry {seq} or one before it is not as it"
                " was when it was sealed.",
            )


def posted_roots(told: str) -> dict[str, str] | str:
    """What the person knows of the notice board: a root as typed, or roots by day."""
    typed = "".join(told.split()).replace("-", "").lower()
    if len(typed) == 64 and not set(typed) - set("0123456789abcdef"):
        return typed
    try:
        return {each["day"]: each["root"] for each in json.loads(read(told))["digests"]}
    except (ValueError, KeyError, TypeError):
        unchecked(
            f"{told} 既不是 64 位的摘要，也不是公示栏的文件。",
            f"{told} is neither a root of 64 digits nor a saved notice board.",
        )


def compare(statement: dict[str, Any], posted: dict[str, str] | str) -> str:
    """The latest day on which the statement and the notice board say the same."""
    roots = {each["day"]: each["root"] for each in statement["digests"]}
    if isinstance(posted, str):
        posted = {day: posted for day, root in roots.items() if root == posted}
        if not posted:
            wrong(
                "明细里没有这个摘要。先看有没有抄错，再下载一次，下载时选摘要的那一天。",
                "This root is not in the statement. See whether it was copied rightly, then"
                " download again and choose the day of the root.",
            )
    both = sorted(set(roots) & set(posted))
    for day in both:
        if roots[day] != posted[day]:
            wrong(
                f"{day} 的摘要和公示的不一样。",
                f"The digest of {day} is not the one on the notice board.",
            )
    if not both:
        unchecked(
            "公示栏的文件和明细没有同一天的摘要。请把两个文件都重新下载。",
            "The notice board and the statement have no day in common. Download both again.",
        )
    return str(both[-1])


def check(text: str, posted: dict[str, str] | str | None) -> str:
    """Check everything; answers what to say when all is right."""
    statement = statement_of(text)
    check_entries(statement)
    check_digests(statement)
    check_proofs(statement)
    if written(statement) != text:
        wrong("文件的写法被动过，请重新下载。", "The file was edited. Download it again.")
    entries, digests = statement["entries"], statement["digests"]
    count, balance = len(entries), entries[-1]["balance"] if entries else 0
    fine = f"{count} 条分录，余额 {balance}：都对。\n{count} entries, balance {balance}: all right."
    if not digests or not statement["proofs"]:
        unchecked(f"{fine}\n还没有封存，明天再来。", "Not sealed yet: come back tomorrow.")
    if posted is None:
        root = digests[-1]["root"]
        groups = " ".join(root[at : at + 8] for at in range(0, 64, 8))
        day = digests[-1]["day"]
        unchecked(
            f"{fine}\n请和公示栏上 {day} 的摘要比一比：\n{groups}",
            f"Compare this with the digest of {day} on the notice board.",
        )
    day = compare(statement, posted)
    seq = max(proof["seq"] for proof in statement["proofs"] if proof["day"] <= day)
    return (
        f"{fine}\n前 {seq} 条已封存在 {day} 公示的摘要里。\n"
        f"The first {seq} are sealed in the digest posted on {day}."
    )


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        posted = posted_roots(arguments[1]) if len(arguments) == 2 else None
        sys.stdout.write(f"✓ {check(read(arguments[0]), posted)}\n")
    except Wrong as found:
        sys.stderr.write(f"✗ {found}\n")
        return 1
    except Unchecked as found:
        sys.stderr.write(f"? {found}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
