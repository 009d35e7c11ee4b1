"""S6: no key or password of the house is known to anybody who has only its source."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal.base import clock
from portal.base.errors import Unready
from portal.base.settings import load_settings, secret_key
from portal.demo import people as demo
from portal.demo.world import World
from tests.client import make_client
from tests.conftest import Database
from tests.house.source import ROOT

# ---- the key that signs cookies -------------------------------------------------------------


def key_file(instance: Path) -> Path:
    return instance / "secret-key"


def test_it_is_random_and_the_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys = [secret_key(tmp_path / f"instance-{number}") for number in range(20)]
    finally:
        os.umask(before)
    assert len(set(keys)) == 20
    assert all(len(key) == 32 and len(set(key)) > 16 for key in keys)
    for number, key in enumerate(keys):
        path = key_file(tmp_path / f"instance-{number}")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert secret_key(path.parent) == key, "a second start keeps it"
        assert [each.name for each in path.parent.iterdir()] == ["secret-key"], "left beside it"


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    gate, keys = threading.Barrier(8), []

    def start() -> None:
        gate.wait(30)
        keys.append(secret_key(tmp_path))

    starts = [threading.Thread(target=start) for _number in range(8)]
    for each in starts:
        each.start()
    for each in starts:
        each.join(30)
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("kept", [b"", b"\n", b"secret", b"k" * 31])
def test_a_short_one_does_not_start(tmp_path: Path, kept: bytes) -> None:
    key_file(tmp_path).write_bytes(kept)
    with pytest.raises(Unready, match="is damaged"):
        secret_key(tmp_path)
    assert key_file(tmp_path).read_bytes() == kept, "nobody's file is written over"


@pytest.mark.parametrize("name", ["SECRET_KEY", "FLASK_SECRET_KEY", "SUNHOME_SECRET_KEY"])
def test_the_environment_cannot_weaken_it(
    make_app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "dev")
    app = make_app(instance=tmp_path / "instance")
    assert app.config["SECRET_KEY"] == key_file(tmp_path / "instance").read_bytes()
    assert not [value for value in _values(load_settings({name: "dev"})) if value == "dev"]


def _values(settings: Any) -> Iterator[Any]:
    yield from (getattr(settings, name) for name in settings.__slots__)


WELL_KNOWN = (" ", "dev", "secret", "changeme", "secret-key", "SECRET_KEY", "sunhome", "\0" * 32)


@pytest.mark.parametrize("guessed", WELL_KNOWN)
def test_a_cookie_signed_with_a_guess_is_none(app: Any, guessed: str) -> None:
    guesser = Flask("guesser")
    guesser.secret_key = guessed
    signer = SecureCookieSessionInterface().get_signing_serializer(guesser)
    assert signer is not None
    browser = make_client(app)
    browser.set_cookie("sunhome", str(signer.dumps({"language": "en"})))
    assert '<html lang="zh-CN"' in browser.get("/people/sign-in").text
    right = app.session_interface.get_signing_serializer(app).dumps({"language": "en"})
    browser.set_cookie("sunhome", right)
    assert '<html lang="en"' in browser.get("/people/sign-in").text, "not even the right key"


# ---- nothing of it in the source ------------------------------------------------------------

PLACES = ("portal", "bench", "migrations", "templates", "docs", "tests")
FILES = ("app.py", "Makefile", "README.md", "CHANGELOG.md", "pyproject.toml", "babel.cfg")
KEY = r"(?:secret(?:_key)?|signing_key|private_key|api_key|pepper)"
IS_KEY = re.compile(rf"(?i)(?:^|_){KEY}$")
IS_KEY_OR_PASSWORD = re.compile(rf"(?i)(?:^|_)(?:{KEY}|password|passwd|salt|token)$")
WRITTEN_OUT = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token": re.compile(r"\bsh_[A-Za-z0-9]{43}\b"),
    "a password's hash": re.compile(r"\$argon2id?\$v=\d+\$m=\d+"),
}
IS_SET = re.compile(rf"(?im)^\s*(?:export )?[\w.]*{KEY}\s*[:?]?=\s*['\"]?\w{{3,}}")


def sources() -> Iterator[Path]:
    """Every file of the project that is text."""
    yield from (ROOT / name for name in FILES if (ROOT / name).exists())
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".md", ".html", ".txt", ".toml", ".js"}:
                yield path


def constants(tree: ast.AST) -> Iterator[tuple[str, str | bytes, int]]:
    """Names with a text that stands in the source: assigned, handed over, or as a fallback."""
    for node in ast.walk(tree):
        pairs: list[tuple[str, ast.AST | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            pairs = [(ast.unparse(node.target), node.value)]
        elif isinstance(node, ast.keyword):
            pairs = [(node.arg or "", node.value)]
        elif isinstance(node, ast.Dict):
            pairs = [(_text(k), v) for k, v in zip(node.keys, node.values, strict=True)]
        elif isinstance(node, ast.Call) and len(node.args) == 2:
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in {"get", "getenv", "setdefault", "setenv"}:
                pairs = [(_text(node.args[0]), node.args[1])]
        for name, given in pairs:
            value = given.values[-1] if isinstance(given, ast.BoolOp) else given
            if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
                last = ["", *re.findall(r"\w+", name)][-1]  # of app.config["KEY"]: KEY
                yield last, value.value, value.lineno


def _text(node: ast.AST | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def literals(path: Path, *, is_test: bool = False) -> list[str]:
    """The keys and passwords that stand in a file; a test may name passwords of its own."""
    source = path.read_text(encoding="utf-8")
    found = [what for what, signs in WRITTEN_OUT.items() if signs.search(source)]
    if path.suffix == ".py":
        sought = IS_KEY if is_test else IS_KEY_OR_PASSWORD
        found += [
            f"{name} in line {line}"
            for name, value, line in constants(ast.parse(source))
            if sought.search(name) and value
        ]
    elif IS_SET.search(source):
        found.append("a key that is set")
    return found


def test_no_key_or_password_stands_in_the_source() -> None:
    read, found = 0, {}
    for path in sources():
        read += 1
        if kept := literals(path, is_test="tests" in path.relative_to(ROOT).parts):
            found[str(path.relative_to(ROOT))] = kept
    assert read > 300
    assert not found


def test_no_file_of_an_instance_is_in_the_source() -> None:
    private = re.compile(r"secret-key|demo-accounts\.json|.*\.(pem|key|sqlite3?|env)|\.env.*")
    found = [
        str(path.relative_to(ROOT))
        for place in PLACES
        for path in (ROOT / place).rglob("*")
        if private.fullmatch(path.name)
    ]
    assert not found


PLANTED = (
    'SECRET_KEY = "dev"',
    'SECRET_KEY: str = "dev"',
    'app.config["SECRET_KEY"] = b"dev"',
    'app.config.update(SECRET_KEY="dev")',
    'app.secret_key = os.environ.get("SECRET_KEY") or "dev"',
    'key = os.environ.get("SECRET_KEY", "dev")',
    'key = os.getenv("SUNHOME_SECRET_KEY", "dev")',
    'settings = {"secret_key": "dev"}',
    'mine = """-----BEGIN RSA' ' PRIVATE KEY-----"""',
    f'made = "sh_{"a1B2c" * 8}xyz"',
    'kept = "$argon2id' '$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"',
)  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("is_test", [False, True], ids=["portal", "tests"])
def test_a_planted_one_is_found(tmp_path: Path, planted: str, is_test: bool) -> None:
    path = tmp_path / "planted.py"
    path.write_text(planted, encoding="utf-8")
    assert literals(path, is_test=is_test)


@pytest.mark.parametrize(
    "planted", ['ADMIN_PASSWORD = "admin"', 'add(password="admin")', 'x.token = "t0ken"']
)
def test_a_planted_password_is_found(tmp_path: Path, planted: str) -> None:
    path = tmp_path / "planted.py"
    path.write_text(planted, encoding="utf-8")
    assert literals(path)


def test_a_planted_setting_is_found(tmp_path: Path) -> None:
    path = tmp_path / "Makefile"
    path.write_text("run:\nexport SECRET" + "_KEY=development\n", encoding="utf-8")
    assert literals(path)


# ---- accounts of the demo -------------------------------------------------------------------


def demo_accounts(make_app: Any) -> dict[str, str]:
    """The passwords of a demo company of its own, by staff number; one of them signs in."""
    app = make_app(filled=False)
    settings, today = app.config["SUNHOME"], clock.today()
    settings.instance.mkdir(parents=True, exist_ok=True)
    world = World(rng=random.Random(7), today=today, start=today - timedelta(days=365))
    with Database(app)():
        demo.seed(world, 120)
        listed = demo.seed_accounts(world, settings)
        world.finish()
    assert stat.S_IMODE(settings.demo_accounts.stat().st_mode) == 0o600
    assert json.loads(settings.demo_accounts.read_text("utf-8")) == listed
    answer = make_client(app).submit("/people/sign-in", staff_no=listed[0]["staff_no"],
                                     password=listed[0]["password"])  # fmt: skip
    assert answer.status_code == 303
    return {row["staff_no"]: row["password"] for row in listed}


def test_each_demo_has_passwords_of_its_own(make_app: Any) -> None:
    first, second = demo_accounts(make_app), demo_accounts(make_app)
    assert first.keys() == second.keys(), "the same company"
    assert not set(first.values()) & set(second.values())
    assert len(set(first.values())) == len(first)
    assert all(len(password) >= 16 for password in first.values())
