"""Reading the project's own source, for the tests of the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORTAL = ROOT / "portal"


def modules() -> Iterator[Path]:
    """Every Python file of the portal."""
    yield from sorted(PORTAL.rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    """portal/people/rules/keys.py → people.rules.keys; portal/__init__.py → ''."""
    parts = path.relative_to(PORTAL).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports of the portal, wherever in the file: (dotted name, line).

    `from portal.x import y` counts as portal.x.y where that is a module, else as portal.x.
    Relative imports are answered as they stand, with their dots.
    """
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "portal":
                    yield alias.name.removeprefix("portal").lstrip("."), node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or ""), node.lineno
            elif (node.module or "").split(".")[0] == "portal":
                base = (node.module or "").removeprefix("portal").lstrip(".")
                for alias in node.names:
                    longer = f"{base}.{alias.name}".lstrip(".")
                    place = PORTAL / Path(*longer.split("."))
                    is_module = place.with_suffix(".py").exists() or place.is_dir()
                    yield (longer if is_module else base), node.lineno
