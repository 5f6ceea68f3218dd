"""Tests what is chosen by ONLY, how lines become the table, and how the sample's rows are copied."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import FIGURES, chosen, refuse_unclear
from bench.figure import Figure
from bench.multiply import SAMPLE, number_text, renumbered
from bench.plan import needs, plan
from bench.table import GOALS, put_into, table
from bench.table import main as write_table


def test_without_only_everything_is_measured_once() -> None:
    names = [name for group in chosen("").values() for name in group]
    assert sorted(names) == sorted(FIGURES)
    assert set(FIGURES) == set(GOALS)


def test_only_picks_figures_in_any_case_and_p8_stands_for_both() -> None:
    assert chosen("ONLY=p3, P12") == {"bench.p3": frozenset({"P3"}), "bench.serving": frozenset({"P12"})}
    assert chosen("P8") == {"bench.deciding": frozenset({"P8a", "P8b"})}
    assert chosen("P8a") == {"bench.deciding": frozenset({"P8a"})}


def test_an_unknown_figure_is_named() -> None:
    with pytest.raises(ValueError, match=r"no P99; there are P1, P2"):
        chosen("P1,P99")


@pytest.mark.parametrize("only", [",", " ", "ONLY= , "])
def test_an_only_without_a_name_is_not_everything(only: str) -> None:
    with pytest.raises(ValueError, match="names no figure; there are P1"):
        chosen(only)


def test_a_long_part_that_is_neither_asked_for_nor_left_out_is_refused() -> None:
    for given in ({}, {"BENCH_LONG": ""}, {"BENCH_LONG": "0"}, {"BENCH_LONG": "1"}):
        refuse_unclear(given)
    with pytest.raises(ValueError, match="'yes' is neither"):
        refuse_unclear({"BENCH_LONG": "yes"})


def test_a_line_that_was_broken_off_is_passed_over() -> None:
    whole = Figure("P6", "poll", 6, "ms", 9).line()
    assert table([whole, whole[:-9], '{"figure": "P1"}', "[]", "7", '"P1"']) == table([whole])


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert write_table(str(tmp_path / name)) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_page_without_a_place_for_the_table_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, page = tmp_path / "lines.jsonl", tmp_path / "page.md"
    lines.write_text(Figure("P6", "poll", 6, "ms", 9).line() + "\n", encoding="utf-8")
    page.write_text("nothing here\n", encoding="utf-8")
    assert write_table(str(lines), into=str(page)) == 1
    assert capsys.readouterr().err == "the page has no place for table.\n"
    assert page.read_text(encoding="utf-8") == "nothing here\n"


def test_the_table_says_what_is_reached() -> None:
    lines = [
        "measuring …",
        Figure("P12", "position", 14.94, "ms", 9).line(),
        Figure("P1", "old run", 100, "1/s", 9, limit=100_000).line(),
        Figure("P1", "new | run", 15_000, "1/s", 9, limit=100_000).line(),
        Figure("P6", "poll", 6, "ms", 9).line(),
        '{"figure": "P99"}',
    ]
    rows = table(lines).splitlines()[2:]
    assert rows == [
        "| P1 | 15,000 1/s | 100,000 1/s | 0.15x | 0.12x | 0.25x | floor | new / run |",
        "| P6 | 6 ms |  |  | 5 ms | 1 ms | **below the floor** | poll |",
        "| P12 | 14.9 ms |  |  | 50 ms | 15 ms | target | position |",
    ]


def test_a_floor_that_is_missed_by_less_than_the_ratio_is_rounded_by_is_missed() -> None:
    line = Figure("P1", "close", 25_900.654, "1/s", 9, limit=215_919.806).line()
    assert '"ratio": 0.12,' in line
    assert "**below the floor**" in table([line])


def test_the_memory_has_a_row_for_each_number_of_invoices() -> None:
    lines = [Figure("P11", f"memory, {n} invoices", 90, "MB", 9).line() for n in (1_000_000, 10_000_000)]
    assert len(table(lines).splitlines()) == 4


def test_a_copied_row_carries_another_number_in_text_and_in_packed_columns() -> None:
    name = number_text(SAMPLE)
    packed = f"C{name}".encode().hex()
    row = f"bench\tC{name}\t\\\\x82a2{packed}\tRF{name}0\n".encode()
    copied = renumbered(row, 42)
    assert copied == f"bench\tC00000042\t\\\\x82a2{b'C00000042'.hex()}\tRF000000420\n".encode()
    assert len(copied) == len(row)


def test_the_table_is_put_between_its_marks_and_nothing_else_changes() -> None:
    page = "before\n<!-- table -->\nold\n<!-- /table -->\nafter\n"
    once = put_into(page, mark="table", text="| new |")
    assert once == "before\n<!-- table -->\n| new |\n<!-- /table -->\nafter\n"
    assert put_into(once, mark="table", text="| new |") == once
    with pytest.raises(ValueError, match="no place for plan"):
        put_into(page, mark="plan", text="")


def test_the_plan_doubles_the_replicas_when_a_process_does_half() -> None:
    fast = {"P1": 20_000.0, "P3": 10_000.0, "P4": 20_000.0, "P9": 1000.0}
    half = fast | {"P1": 10_000.0}
    by_name = {need.what: need for need in needs(fast, processes=2)}
    slower = {need.what: need for need in needs(half, processes=2)}
    taken_in = by_name["invoices: events taken in"]
    # 230 million events a month, a twentieth of them in one hour; two processes did 20,000 a second.
    assert round(taken_in.per_s) == 3194
    assert (taken_in.capacity_per_s, taken_in.replicas) == (10_000, 2)
    assert slower["invoices: events taken in"].replicas == 2
    assert needs(half | {"P1": 2000.0}, processes=2)[0].replicas == 7
    assert plan(fast).count("\n") == 6
    assert plan({"P1": 1.0}) == ""


def test_a_reader_that_leaves_early_is_no_fault(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(Figure("P6", "poll", 6, "ms", 9).line() + "\n", encoding="utf-8")
    nobody_reads, end = os.pipe()
    os.close(nobody_reads)
    try:
        command = [sys.executable, "-m", "bench", "--table", str(lines)]
        done = subprocess.run(command, stdout=end, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(end)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_part_of_a_run_leaves_the_other_rows_of_the_page_as_they_were(tmp_path: Path) -> None:
    page, run = tmp_path / "page.md", tmp_path / "run.jsonl"
    first = [
        Figure("P6", "poll", 6, "ms", 9).line(),
        Figure("P11", "memory, 200 invoices: x", 90, "MB", 9).line(),
        Figure("P11", "memory, 1000 invoices: x", 95, "MB", 9).line(),
    ]
    again = [
        Figure("P3", "fold", 9000, "1/s", 9).line(),
        Figure("P11", "memory, 200 invoices: y", 80, "MB", 9).line(),
    ]
    page.write_text("above\n<!-- table -->\n<!-- /table -->\nbelow\n")
    for lines in (first, again):
        run.write_text("\n".join(lines))
        assert write_table(str(run), into=str(page)) == 0
    assert page.read_text() == f"above\n<!-- table -->\n{table([*first, *again])}\n<!-- /table -->\nbelow\n"
    told = [line.split(" | ")[-1] for line in page.read_text().splitlines() if line.startswith("| P11 |")]
    assert told == ["memory, 200 invoices: y |", "memory, 1000 invoices: x |"]
