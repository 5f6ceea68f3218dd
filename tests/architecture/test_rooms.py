"""Every service has the same rooms, so a file's path tells its kind."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("invoices", "classifier", "scheduler", "notifier")
ROOMS = {"domain", "usecases", "adapters", "entrypoints", "migrations"}
FILES = {"__init__.py", "__main__.py", "bootstrap.py", "settings.py", "README.md"}
NAMELESS = {"utils.py", "helpers.py", "common.py", "base.py"}


def sources() -> list[Path]:
    """Every Python file that people write."""
    roots = [
        ROOT / name
        for name in ("services", "libs/chassis", "sandbox", "proto", "deploy", "bench", "chaos", "tests")
    ]
    return sorted(path for root in roots for path in root.rglob("*.py") if "__pycache__" not in path.parts)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_exactly_the_rooms_of_the_house(service: str) -> None:
    folder = ROOT / "services" / service
    entries = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert entries == ROOMS | FILES


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_keeps_its_ports_beside_its_verbs(service: str) -> None:
    assert (ROOT / "services" / service / "usecases" / "ports.py").is_file()
    assert (ROOT / "services" / service / "adapters" / "tables.py").is_file()
    assert (ROOT / "services" / service / "adapters" / "wire.py").is_file()
    assert (ROOT / "services" / service / "entrypoints" / "consumer.py").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_a_main_module_is_a_door_of_twenty_lines_at_most(service: str) -> None:
    assert len((ROOT / "services" / service / "__main__.py").read_text().splitlines()) <= 20


def test_no_file_is_named_for_nothing() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources() if path.name in NAMELESS] == []


def test_sandbox_benchmark_and_chaos_are_never_imported_by_a_service() -> None:
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.is_relative_to(ROOT / "services") or path.is_relative_to(ROOT / "libs")
        if any(
            line.startswith((f"import {tool}", f"from {tool}"))
            for line in path.read_text().splitlines()
            for tool in ("sandbox", "bench", "chaos")
        )
    ]
    assert guilty == []
