"""Files and functions stay readable: the tail is capped (docs/explain/house rules: 400 and 60 lines)."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_rooms import ROOT, sources

FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN_MAX = 10
# Written apart, so that this file does not find itself.
UNFINISHED = re.compile(
    "|".join(
        [
            "NotImplemented" + "Error",
            r"\bTO" + r"DO\b",
            r"\bFIX" + r"ME\b",
            r"\bXX" + r"X\b",
            r"assert Tr" + r"ue\b",
        ]
    )
)


def functions() -> Iterator[tuple[Path, str, int]]:
    """Yield each function of the product with its length in lines."""
    for path in sources():
        if "tests" in path.parts or "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_passes_the_hard_stop() -> None:
    limits = {path: TEST_FILE_LINES_MAX if "tests" in path.parts else FILE_LINES_MAX for path in sources()}
    lengths = {
        str(path.relative_to(ROOT)): (len(path.read_text().splitlines()), limit)
        for path, limit in limits.items()
    }
    assert {name: length for name, (length, limit) in lengths.items() if length > limit} == {}


def test_no_function_passes_the_hard_stop() -> None:
    assert [
        (str(path.relative_to(ROOT)), name, lines)
        for path, name, lines in functions()
        if lines > FUNCTION_LINES_MAX
    ] == []


def test_the_median_function_is_short() -> None:
    assert statistics.median(lines for _, _, lines in functions()) <= FUNCTION_LINES_MEDIAN_MAX


def test_nothing_is_left_unfinished() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert guilty == []
