"""`python -m sandbox.stack up|down|reset|backup|restore|token|exec`: the lasting stack from the command line."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from sandbox.stack.backup import back_up, bring_back, folder_for, whole_backup
from sandbox.stack.console import outlive_readers, run, say
from sandbox.stack.layout import alone
from sandbox.stack.problem import StackProblem
from sandbox.stack.runfile import read_run
from sandbox.stack.stack import Stack


async def up() -> int:
    """Start the stack and say where everything is."""
    stack = Stack.persistent(say=say)
    with alone(stack.layout):
        return await _up(stack)


async def _up(stack: Stack) -> int:
    """Start the stack unless it is up."""
    if await stack.is_up():
        print("Velvet is already up.")
    else:
        await stack.start()
        print("Velvet is up.")
    _print_addresses(stack)
    return 0


def _print_addresses(stack: Stack) -> None:
    """Print what a user needs next."""
    for name, url in stack.urls.items():
        print(f"  {name:<11} {url}   {_note(name, url)}")
    print(f"  {'Kafka':<11} {stack.bootstrap}")
    if stack.choice.postgres:
        print(f"  {'PostgreSQL':<11} 127.0.0.1:{stack.addresses.ports['postgres']}, one database per service")
    print(f"  {'mail':<11} {stack.addresses.smtp_url}")
    print(
        f"Logs are in {stack.layout.logs}. A token for the APIs: make token CREDITOR=acme-nl. Stop it: make down."
    )


def _note(name: str, url: str) -> str:
    """Return what stands behind an address."""
    return (
        "what was sent, as its receivers see it"
        if name == "inbox"
        else f"API, described at {url}/openapi.json"
    )


async def down() -> int:
    """Stop the stack; its state stays."""
    stack = Stack.persistent(say=say)
    with alone(stack.layout):
        was_up = bool(stack.running())
        await stack.stop()
    print("Velvet is down; its state is kept." if was_up else "Velvet is not up.")
    return 0


async def reset() -> int:
    """Stop the stack and wipe its state."""
    stack = Stack.persistent(say=say)
    with alone(stack.layout):
        await stack.wipe()
    print("Velvet is down and its state is gone.")
    return 0


async def backup() -> int:
    """Back up the databases of the stack that is up."""
    stack = Stack.persistent(say=say)
    with alone(stack.layout):
        if not await stack.is_up():
            raise StackProblem("Velvet is not up: start it with `make up`.")
        folder = folder_for(stack)
        await back_up(stack, folder, say=print)
    print(f"Backed up. To go back: make restore BACKUP={folder}")
    return 0


async def restore(folder: str) -> int:
    """Replace the databases by a backup's, take in again what Kafka kept, and start the stack."""
    if not folder:
        raise StackProblem("Say which backup: make restore BACKUP=.velvet/backups/….")
    stack = Stack.persistent(say=say)
    with alone(stack.layout):
        # First the backup: a slip in its name must not stop a Velvet that runs.
        backup = await whole_backup(stack, Path(folder))
        await stack.stop()
        await stack.start_servers()
        await bring_back(stack, backup, say=print)
        await stack.start()
    print("Velvet is up.")
    return 0


async def token(creditor_id: str) -> int:
    """Print a token and nothing else."""
    if not creditor_id:
        raise StackProblem("Say whose token it shall be: make token CREDITOR=acme-nl.")
    stack = Stack.persistent(say=say)
    stack.layout.create()
    print(stack.token(creditor_id))
    return 0


def execute(command: list[str]) -> int:
    """Run a command that sees the settings of the stack that is up."""
    stack = Stack.persistent()
    environment = read_run(stack.layout)
    if environment is None or not stack.running():
        say("Velvet is not up: start it with `make up`.")
        return 1
    return subprocess.call(command, env={**os.environ, **environment})


def main(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("up", up), ("down", down), ("reset", reset)):
        commands.add_parser(name, help=what.__doc__)
    commands.add_parser("backup", help=backup.__doc__)
    commands.add_parser("restore", help=restore.__doc__).add_argument("folder", nargs="?", default="")
    commands.add_parser("token", help=token.__doc__).add_argument("creditor_id", nargs="?", default="")
    commands.add_parser("exec", help=execute.__doc__).add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    if given.command == "exec":
        return execute([word for word in given.words if word != "--"])
    if given.command == "token":
        return run(token(given.creditor_id))
    if given.command == "restore":
        return run(restore(given.folder))
    return run({"up": up, "down": down, "reset": reset, "backup": backup}[given.command]())


if __name__ == "__main__":
    outlive_readers()
    sys.exit(main(sys.argv[1:]))
