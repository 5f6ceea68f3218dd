"""Why a record can never succeed is told in a header that many read: it names the field and never quotes the value."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def _reasons() -> Iterator[tuple[str, ast.JoinedStr]]:
    """Yield every reason of a Poison that is written with something in it."""
    for folder in ("libs", "services"):
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "Poison"
                ):
                    where = f"{file.relative_to(REPOSITORY)}:{node.lineno}"
                    yield from ((where, given) for given in node.args if isinstance(given, ast.JoinedStr))


def _quotes(part: ast.expr) -> bool:
    """Say whether a part of the text is a value as it came: shown with its quotes, cut off, or a plain variable."""
    if not isinstance(part, ast.FormattedValue):
        return False
    is_constant = isinstance(part.value, ast.Name) and part.value.id.isupper()
    is_known = isinstance(part.value, ast.Name) and part.value.id in {"error", "currency", "chars_max"}
    is_cut = any(isinstance(node, ast.Slice) for node in ast.walk(part.value))
    is_plain = isinstance(part.value, ast.Name) and not is_constant and not is_known
    return part.conversion == ord("r") or is_cut or is_plain


def test_no_reason_of_a_dead_letter_quotes_a_value() -> None:
    reasons = list(_reasons())
    assert len(reasons) > 10
    assert [where for where, reason in reasons if any(map(_quotes, reason.values))] == []
