"""What the documents promise is promised by a test: every test that they name exists, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from sandbox.stack.layout import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
TESTS = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text() for path in REPOSITORY.glob("tests/**/*.py")
}
_FILE = re.compile(r"`((?:[\w-]+/)*test_\w+\.py)`")
_TEST = re.compile(r"`(test_[a-z0-9_]+)`")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")


def _name_of(document: Path) -> str:
    return document.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name_of)
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    files, names = set(_FILE.findall(text)), set(_TEST.findall(text))
    assert {f for f in files if not any(path == f or path.endswith(f"/{f}") for path in TESTS)} == set()
    assert {n for n in names if not any(re.search(rf"def {n}\b", code) for code in TESTS.values())} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name_of)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = _LINK.findall(document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_threat_model_names_a_test_on_every_line() -> None:
    text = (REPOSITORY / "docs" / "reliability.md").read_text()
    table = text.split("| who could do what |")[1].split("\n\n")[0].splitlines()[2:]
    assert len(table) >= 10
    assert [
        line for line in table if "`test_" not in line and "/test_" not in line and "the same" not in line
    ] == []
