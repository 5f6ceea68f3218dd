"""Anyone's file, however broken or hostile, ends in one clear sentence or in bad rows: never a traceback, never the memory."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.ledger.model import Ledger, LedgerError
from sandbox.ledger.read import parse_ledger
from sandbox.ledger.report import spoken
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.mutations import of_bytes

HEADER = "customer,invoice,issued,due,paid,amount\n"
ROW = "K1,2025-1,2025-01-02,2025-02-01,2025-02-03,1656.25\n"
SOUND = (HEADER + "".join(ROW.replace("2025-1,", f"2025-{n},") for n in range(1, 30))).encode()
MEMORY_BYTES_MAX = 1536 * 1024 * 1024
SECONDS_MAX = 60

_READ = """
import sys
from sandbox.ledger.model import LedgerError
from sandbox.ledger.read import read_ledger
try:
    ledger = read_ledger(sys.argv[1])
except LedgerError as error:
    print("SENTENCE", error)
else:
    print("USED", ledger.counts.used, "BAD", ledger.counts.bad)
    for row in ledger.bad_rows[:20]:
        print("BAD ROW", row.line, row.reason)
"""


def read_apart(path: Path) -> str:
    """Read a file in a process with little memory and time; returns what it said."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))

    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        preexec_fn=limits,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def write(path: Path, *parts: bytes) -> Path:
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
    return path


def good_or_told(content: bytes) -> Ledger | None:
    """Read bytes: a ledger whose every row is accounted for, or None when one sentence was said."""
    sentence = ""
    try:
        ledger = parse_ledger(content)
    except LedgerError as error:
        sentence = str(error) or "\n"
    assert "\n" not in sentence, "one sentence is said"
    if sentence:
        return None
    assert all(line.isprintable() for line in spoken(ledger)), "a file must not steer the terminal"
    counts = ledger.counts
    assert counts.used + counts.bad + counts.duplicates == counts.rows
    assert all(row.line > 0 and row.reason for row in ledger.bad_rows)
    return ledger


@settings(max_examples=EXAMPLES * 3, derandomize=True, deadline=None)
@given(seed=st.integers(min_value=0), times=st.integers(1, 4))
def test_a_spoilt_ledger_is_read_or_refused_with_every_row_accounted_for(seed: int, times: int) -> None:
    rng, content = Random(seed), SOUND
    for _ in range(times):
        content = of_bytes(content, rng)
    good_or_told(content)


@settings(max_examples=EXAMPLES * 3, derandomize=True, deadline=None)
@given(content=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode()))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    good_or_told(content)
    good_or_told(HEADER.encode() + content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_an_encoding_that_programs_write_is_recognised(encoding: str) -> None:
    ledger = good_or_told(SOUND.decode().replace("K1", "Café").encode(encoding))
    assert ledger is not None
    assert ledger.counts.used == 29
    assert {row.customer_id for row in ledger.rows} == {"Café"}


def test_mixed_encodings_lose_no_row() -> None:
    ledger = good_or_told(
        SOUND + "Café,9,2025-01-02,2025-02-01,,1\n".encode() + b"Caf\xe9,10,2025-01-02,2025-02-01,,1\n"
    )
    assert ledger is not None
    assert ledger.counts.used == 31


@pytest.mark.parametrize(
    "cell", ["=1+1", "+31", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]
)
def test_a_formula_is_a_text_like_any_other(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    ledger = good_or_told(SOUND + f"{quoted},F-1,2025-01-02,2025-02-01,,10\n".encode())
    assert ledger is not None
    assert cell.strip() in {row.customer_id for row in ledger.rows}


def test_a_nul_costs_its_own_row_only() -> None:
    ledger = good_or_told(
        SOUND + b"K\x001,N-1,2025-01-02,2025-02-01,,10\n" + b"K2,N-2,2025-01-02,2025-02-01,,10\n"
    )
    assert ledger is not None
    assert (ledger.counts.used, [(row.line, row.reason) for row in ledger.bad_rows]) == (
        30,
        [(31, "contains a NUL byte")],
    )


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    ledger = good_or_told(SOUND + b'"K2,Q-1,2025-01-02,2025-02-01,,10\nK2,Q-2,2025-01-02,2025-02-01,,10\n')
    assert ledger is not None
    assert (ledger.counts.used, [row.line for row in ledger.bad_rows]) == (30, [31])


def test_a_line_of_a_hundred_megabytes_is_one_bad_row_in_bounded_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", SOUND, b"x" * 100_000_000, b"\n", ROW.replace("2025-1", "Z").encode())
    said = read_apart(path)
    assert "USED 30 BAD 1" in said
    assert "BAD ROW 31 longer than" in said


def test_a_header_of_a_hundred_megabytes_is_one_sentence(tmp_path: Path) -> None:
    assert "SENTENCE" in read_apart(write(tmp_path / "header.csv", b"x" * 100_000_000))


def test_ten_million_columns_are_one_sentence_or_bad_rows(tmp_path: Path) -> None:
    commas = b"," * 10_000_000 + b"\n"
    assert "SENTENCE" in read_apart(write(tmp_path / "columns.csv", b"customer" + commas, b"K1" + commas))
    said = read_apart(write(tmp_path / "rows.csv", SOUND, b"K1" + commas))
    assert "USED 29 BAD 1" in said


def test_a_hundred_thousand_lines_of_open_quotes_take_no_quadratic_time(tmp_path: Path) -> None:
    said = read_apart(write(tmp_path / "quotes.csv", SOUND, b'"K1,x\n' * 100_000))
    assert "USED 29 BAD 100000" in said


def test_what_is_no_file_with_rows_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (
        tmp_path / "folder",
        tmp_path / "fifo",
        tmp_path / "loop",
        tmp_path / "missing.csv",
        Path("/dev/zero"),
        write(tmp_path / "empty.csv"),
        write(tmp_path / "blank.csv", b"\n\n  \n"),
        write(tmp_path / "headless.csv", ROW.encode() * 3),
        write(tmp_path / "bom.csv", b"\xef\xbb\xbf"),
        write(tmp_path / "picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        write(tmp_path / "book.xlsx", b"PK\x03\x04" + os.urandom(5000)),
    ):
        said = read_apart(path)
        assert said.startswith("SENTENCE"), (path.name, said)
        assert len(said.splitlines()) == 1, (path.name, said)


def test_a_header_cannot_steer_the_terminal(tmp_path: Path) -> None:
    escape = b"\x1b]0;owned\x07\x1b[2J"
    assert "\x1b" not in read_apart(write(tmp_path / "escape.csv", b"a" + escape + b",b\nK1,2\n"))
    ledger = good_or_told(
        SOUND.replace(b"amount\n", b"amount,x" + escape + b"\n").replace(b"56.25\n", b"56.25,1\n")
    )
    assert ledger is not None
    assert ledger.counts.used == 29
