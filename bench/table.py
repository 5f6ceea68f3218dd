"""`python -m bench --table lines.jsonl`: the JSON lines of a run as the Markdown table of docs/performance.md."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan import plan


@dataclass(frozen=True, slots=True)
class Goal:
    """What was asked for; ``at_least`` says whether more is better. In units of ours, or a ratio."""

    floor: float
    target: float
    unit: str
    at_least: bool

    def verdict(self, value: float) -> str:
        """Say which of the two is reached."""
        if self._reaches(value, self.target):
            return "target"
        return "floor" if self._reaches(value, self.floor) else "**below the floor**"

    def _reaches(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


GOALS: Mapping[str, Goal] = {
    "P1": Goal(0.12, 0.25, "x", at_least=True),
    "P2": Goal(0.9, 2, "x", at_least=True),
    "P3": Goal(8000, 15_000, "1/s", at_least=True),
    "P4": Goal(0.6, 1.25, "x", at_least=True),
    "P5": Goal(40, 100, "x", at_least=True),
    "P6": Goal(5, 1, "ms", at_least=False),
    "P7": Goal(300, 100, "ms", at_least=False),
    "P8a": Goal(500, 150, "ms", at_least=False),
    "P8b": Goal(15, 8, "s", at_least=False),
    "P9": Goal(15, 40, "x", at_least=True),
    "P11": Goal(150, 100, "MB", at_least=False),
    "P12": Goal(50, 15, "ms", at_least=False),
    "P13": Goal(25, 10, "s", at_least=False),
}
_HEAD = "| # | ours | limit or peer | ratio | floor | target | reached | what |\n|---|---|---|---|---|---|---|---|"


def read(lines: Iterable[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the figures by name; lines that are none are passed over, the last one of a figure counts.

    P11 has one for each number of invoices.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in lines:
        if (figure := _figure(line)) is not None:
            found[_key(figure["figure"], figure["what"])] = figure
    return found


def _key(name: str, what: str) -> tuple[str, str]:
    return name, what.partition(" invoices:")[0] if name == "P11" else ""


def _figure(line: str) -> Mapping[str, Any] | None:
    """Return the figure of a line; None where there is none, or only a part of one: a run may be broken off."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    is_figure = (
        isinstance(found, dict) and found.get("figure") in GOALS and {"ours", "unit", "what"} <= set(found)
    )
    return found if is_figure else None


def table(lines: Iterable[str], *, before: str = "") -> str:
    """Return the table of the figures; what a table from before has and these lines have not stays as it was."""
    rows = _rows(before) | {key: _row(figure) for key, figure in read(lines).items()}
    # P11's differ in a number at their end: the shorter one is the smaller one.
    order = sorted(rows, key=lambda key: (list(GOALS).index(key[0]), len(key[1]), key[1]))
    return "\n".join([_HEAD, *(rows[key] for key in order)])


def _rows(text: str) -> dict[tuple[str, str], str]:
    """Return the rows of a table by the names of their figures."""
    found = {}
    for line in text.splitlines():
        cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if cells[0] in GOALS:
            found[_key(cells[0], cells[-1])] = line
    return found


def _row(figure: Mapping[str, Any]) -> str:
    goal = GOALS[figure["figure"]]
    ratio = figure.get("ratio")
    # The ratio of the line is rounded: a floor that is missed by less would be called reached.
    value = float(figure["ours"]) if ratio is None else float(figure["ours"]) / float(figure["limit"])
    unit = "" if goal.unit == "x" else f" {goal.unit}"
    cells = [
        figure["figure"],
        f"{_number(figure['ours'])} {figure['unit']}",
        "" if ratio is None else f"{_number(figure['limit'])} {figure['unit']}",
        "" if ratio is None else f"{_number(ratio)}x",
        f"{_number(goal.floor)}{unit or 'x'}",
        f"{_number(goal.target)}{unit or 'x'}",
        goal.verdict(value),
        figure["what"].replace("|", "/"),
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Write a number with three significant digits, larger ones whole and with thousands set apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def put_into(page: str, *, mark: str, text: str) -> str:
    """Return the page with the text between `<!-- mark -->` and `<!-- /mark -->`; ValueError where they are missing."""
    head, _, tail = _parted(page, mark=mark)
    return f"{head}<!-- {mark} -->\n{text}\n<!-- /{mark} -->{tail}"


def _parted(page: str, *, mark: str) -> tuple[str, str, str]:
    """Return what stands before, between and after the marks."""
    head, found, rest = page.partition(f"<!-- {mark} -->")
    between, closed, tail = rest.partition(f"<!-- /{mark} -->")
    if not found or not closed:
        raise ValueError(f"the page has no place for {mark}")
    return head, between, tail


def main(path: str, *, into: str = "") -> int:
    """Print the table of a file (`-`: standard input), or put it and the plan into a page; 1 where that cannot be."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        if into:
            _fill(Path(into), text.splitlines())
        else:
            print(table(text.splitlines()))
    except (OSError, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


def _fill(page: Path, lines: Sequence[str]) -> None:
    """Put the table, and the plan where there is all that it rests on, into a page."""
    ours = {name: float(figure["ours"]) for (name, _), figure in read(lines).items()}
    text = page.read_text(encoding="utf-8")
    _, before, _ = _parted(text, mark="table")
    filled = put_into(text, mark="table", text=table(lines, before=before))
    if paper := plan(ours, processes=os.cpu_count() or 1):
        filled = put_into(filled, mark="plan", text=paper)
    page.write_text(filled, encoding="utf-8")
