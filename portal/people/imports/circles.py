"""Who is whose superior, and where that goes round in a circle."""

from __future__ import annotations

from portal.people.imports.reading import Line


def of(lines: list[Line]) -> list[Line]:
    """The rows whose superiors lead back to themselves, by the file."""
    above = {
        line.values["staff_no"]: line.values["superior"] for line in lines if line.get("superior")
    }
    clear: set[str] = set()
    caught: set[str] = set()
    for start in above:
        path: list[str] = []
        seen: set[str] = set()
        at = start
        while at in above and at not in clear and at not in seen and at not in caught:
            seen.add(at)
            path.append(at)
            at = above[at]
        if at in seen:
            caught |= set(path[path.index(at) :])
        clear |= set(path) - caught
    return [line for line in lines if line.values["staff_no"] in caught]
