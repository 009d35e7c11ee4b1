"""The list of doors: method, path, who may open it. `python -m tests.house.doors` prints it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.base.access import doors
from portal.base.settings import Settings

GOLDEN = Path(__file__).with_name("doors.txt")


def lines_of(app: Flask) -> list[str]:
    """One line a door, in the order of the paths."""
    found = []
    for rule in app.url_map.iter_rules():
        door = doors(app)[rule.endpoint]
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        extras = [door.name]
        if door.scope:
            extras.append(f"scope={door.scope}")
        if door.keyed:
            extras.append("keyed")
        if door.while_changing_password:
            extras.append("before-password")
        found.append(f"{rule.rule:<52} {methods:<9} {' '.join(extras)}")
    return sorted(found)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder), database_url="sqlite://")
        GOLDEN.write_text("\n".join(lines_of(create_app(settings))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
