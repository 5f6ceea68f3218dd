"""The whole stack as `make up` starts it, with stand-ins for the services: the order, the words, the failures."""

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.stack import Stack, StackProblem
from sandbox.stack.addresses import DEFAULT_PORTS, PORT_VARIABLES, SERVICES, free_ports
from sandbox.stack.layout import REPOSITORY
from sandbox.stack.process import identity_of

STAND_IN = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
name = __package__ or "topics"
with open(os.environ["DIARY"], "a") as diary:
    diary.write(f"{name} {' '.join(sys.argv[1:])}\\n")
print("The settings are at fault.", flush=True)
if name == os.environ.get("BREAKS"):
    sys.exit(2)
if sys.argv[1] != "all":
    sys.exit(0)
class Door(BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Door.asked += 1
        self.send_response(200 if Door.asked > 2 else 503)
        self.end_headers()
HTTPServer(("127.0.0.1", int(os.environ[f"VELVET_{name.upper()}_HTTP_PORT"])), Door).serve_forever()
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with programs of the services' names, which is looked into first."""
    folder = tmp_path / "stand-ins"
    for service in SERVICES:
        (folder / service).mkdir(parents=True)
        (folder / service / "__init__.py").touch()
        (folder / service / "__main__.py").write_text(STAND_IN)
    (folder / "chassis" / "kafka").mkdir(parents=True)
    # Everything else of the chassis stays what it is: the stack itself uses some of it.
    for package in (folder / "chassis", folder / "chassis" / "kafka"):
        (package / "__init__.py").write_text(
            "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
        )
    (folder / "chassis" / "kafka" / "topics.py").write_text(STAND_IN.replace("__package__", "''"))
    return folder


def _environ(home: Path, stand_ins: Path) -> dict[str, str]:
    ports = zip(PORT_VARIABLES.values(), free_ports(len(DEFAULT_PORTS)), strict=True)
    return {
        "PATH": os.environ["PATH"],
        "VELVET_HOME": str(home),
        **{variable: str(port) for variable, port in ports},
        **_settings(stand_ins),
    }


def _settings(stand_ins: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(stand_ins), "DIARY": str(stand_ins / "diary")}


async def test_schemas_and_topics_come_before_the_services_and_everything_is_ready_in_the_end(
    monkeypatch: pytest.MonkeyPatch, home: Path, stand_ins: Path
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    async with Stack.fresh(settings=_settings(stand_ins)) as stack:
        diary = (stand_ins / "diary").read_text().splitlines()
        assert sorted(diary[:5]) == sorted(["topics create", *(f"{service} migrate" for service in SERVICES)])
        assert sorted(diary[5:]) == sorted(f"{service} all" for service in SERVICES)
        assert all(httpx.get(f"{url}/readyz").is_success for url in stack.urls.values())
        stack.kill("scheduler")
        assert await stack.part("scheduler").process.gone(within_s=5)
        assert not await stack.is_up()
        await stack.start_one("scheduler")
        assert await stack.is_up()


@pytest.mark.parametrize("broken", ["invoices", "topics"])
async def test_a_service_that_stops_while_starting_is_quoted_and_its_log_is_kept(
    monkeypatch: pytest.MonkeyPatch, home: Path, stand_ins: Path, broken: str
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(home))
    stack = Stack.fresh(settings={**_settings(stand_ins), "BREAKS": broken})
    with pytest.raises(StackProblem) as problem:
        await stack.start()
    assert "failed: The settings are at fault (all of it in " in str(problem.value)
    kept = re.search(r"all of it in (\S+)\)\.$", str(problem.value))
    assert kept is not None
    assert "The settings are at fault." in Path(kept.group(1)).read_text()
    assert stack.running() == []
    assert list((home / "runs").iterdir()) == []


def test_up_says_where_everything_is_a_second_up_that_it_is_up_already_and_down_stops_it(
    home: Path, stand_ins: Path
) -> None:
    environ = _environ(home, stand_ins)

    def stack(*words: str) -> str:
        command = [sys.executable, "-m", "sandbox.stack", *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout

    try:
        first = stack("up")
        assert first.startswith("Velvet is up.\n")
        for name in (*SERVICES, "inbox"):
            assert f"http://127.0.0.1:{environ[PORT_VARIABLES[name]]}" in first
        # The only description that a service serves (contract section 4); there is no page for people.
        assert first.count("/openapi.json") == len(SERVICES)
        assert "/docs" not in first
        assert str(home / "logs") in first
        assert stack("up") == first.replace("Velvet is up.", "Velvet is already up.")
        shown = stack(
            "exec", "--", sys.executable, "-c", "import os; print(os.environ['VELVET_KAFKA_BOOTSTRAP'])"
        )
        assert shown.strip() == f"127.0.0.1:{environ['VELVET_KAFKA_PORT']}"
        assert stack("down") == "Velvet is down; its state is kept.\n"
        assert stack("down") == "Velvet is not up.\n"
    finally:
        stack("reset")


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_from_outside_takes_its_stack_with_it(
    home: Path, tmp_path: Path, signal_: signal.Signals
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, signal, sys\n"
        # Whoever runs the tests in the background of a script has SIGINT ignored, and children inherit that.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from sandbox.stack import Choice, Stack\n"
        "from sandbox.stack.console import run\n"
        "async def main() -> int:\n"
        "    async with Stack.fresh(Choice(services=(), inbox=False, kafka=False)) as stack:\n"
        "        print(stack.part('postgres').process.identity.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "    return 0\n"
        "sys.exit(run(main()))\n"
    )
    environ = {"PATH": os.environ["PATH"], "VELVET_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, str(program)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.send_signal(signal_)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Traceback" not in said
    assert identity_of(pid) is None
    assert list((home / "runs").iterdir()) == []


@pytest.mark.parametrize("is_stderr_unheard", [False, True])
def test_up_starts_everything_also_when_nobody_reads_what_it_says(
    home: Path, stand_ins: Path, *, is_stderr_unheard: bool
) -> None:
    environ = _environ(home, stand_ins)
    reader, writer = os.pipe()
    os.close(reader)
    stderr = writer if is_stderr_unheard else subprocess.PIPE
    command = [sys.executable, "-m", "sandbox.stack"]
    try:
        up = subprocess.run(
            [*command, "up"], env=environ, text=True, check=False, stdout=writer, stderr=stderr
        )
        os.close(writer)
        assert up.returncode == 0
        assert "Error" not in (up.stderr or "")
        again = subprocess.run([*command, "up"], env=environ, capture_output=True, text=True, check=True)
        assert again.stdout.startswith("Velvet is already up.\n")
    finally:
        subprocess.run([*command, "reset"], env=environ, capture_output=True, check=True)


def test_a_command_whose_reader_has_gone_comes_to_its_end_and_keeps_its_exit_code(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from rich.console import Console\n"
        "from sandbox.stack.console import outlive_readers, say\n"
        "outlive_readers()\n"
        "for number in range(20_000):\n"
        "    print('line', number)\n"
        "Console().print('[bold]é[/bold]')\n"
        "say('something')\n"
        "sys.exit(3)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(program)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == "line 0\n"
        run.stdout.close()
        assert run.stderr.read() == "something\n"
    assert run.returncode == 3


def test_what_is_told_is_seen_while_the_command_goes_on() -> None:
    program = (
        "import sys\n"
        "from sandbox.stack.console import outlive_readers\n"
        "outlive_readers()\n"
        "print('measuring', file=sys.stderr)\n"
        "sys.exit(0 if sys.stdin.readline() == 'seen\\n' else 4)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        assert run.stdin is not None
        is_told, _, _ = select.select([run.stderr], [], [], 30)
        run.stdin.write("seen\n" if is_told else "nothing\n")
        run.stdin.close()
        assert run.stderr.read() == "measuring\n"
    assert run.returncode == 0
