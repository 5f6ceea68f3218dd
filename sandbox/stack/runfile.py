"""What a running stack leaves for other programs to find it: its environment, in one private file."""

import json
from typing import TYPE_CHECKING

from sandbox.stack.layout import Layout, write_private

if TYPE_CHECKING:
    from sandbox.stack.stack import Stack


def note_run(stack: "Stack") -> None:
    """Write the environment that programs need to work on this stack; it holds passwords, so it is private."""
    variables = {name: value for name, value in stack.environment().items() if name.startswith("VELVET_")}
    write_private(stack.layout.run_file, json.dumps({"environment": variables}, indent=1, sort_keys=True))


def read_run(layout: Layout) -> dict[str, str] | None:
    """Return the environment of the stack that is up; None when none is."""
    try:
        noted = json.loads(layout.run_file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return {str(name): str(value) for name, value in noted["environment"].items()}


def forget_run(layout: Layout) -> None:
    """Remove the file: the stack is down."""
    layout.run_file.unlink(missing_ok=True)
