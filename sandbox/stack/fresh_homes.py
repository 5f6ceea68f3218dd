"""Homes of stacks that are thrown away, and the removal of what a stack leaves."""

import json
import os
import secrets
import shutil
import signal
import time
from dataclasses import asdict
from pathlib import Path

from sandbox.stack.layout import Layout, home_of
from sandbox.stack.process import identity_of, remembered
from sandbox.stack.quarters import leave

_OWNER = "owner"
_MAKING_S_MAX = 60.0
"""So long a home may be without a name before it counts as left behind."""


def new() -> Path:
    """Return a new home, and clear away those whose owner was killed before it could."""
    runs = home_of() / "runs"
    if runs.is_dir():
        for home in runs.iterdir():
            if _is_orphan(home):
                _clear_away(Layout(home))
    layout = Layout(runs / f"{os.getpid()}-{secrets.token_hex(4)}")
    layout.create()
    owner = identity_of(os.getpid())
    if owner is not None:
        layout.pid_file(_OWNER).write_text(json.dumps(asdict(owner)), encoding="utf-8")
    return layout.home


def _is_orphan(home: Path) -> bool:
    """Say whether nobody owns a home any more: its owner is dead, or was before it could put its name there."""
    named = home / "pids" / f"{_OWNER}.json"
    if named.exists():
        return remembered(named) is None
    # Another run may be making it at this very moment.
    return time.time() - home.stat().st_mtime > _MAKING_S_MAX


def discard(layout: Layout, *, failed: bool) -> Path:
    """Remove a home; after a failure its logs are kept. Returns where the logs are kept."""
    kept = home_of() / "logs-of-the-last-failure"
    if failed:
        shutil.rmtree(kept, ignore_errors=True)
        if layout.logs.is_dir():
            shutil.move(layout.logs, kept)
    leave(layout.home)
    shutil.rmtree(layout.home, ignore_errors=True)
    return kept


def remove_state(layout: Layout) -> None:
    """Remove the state of a lasting stack and nothing else that may lie in its home."""
    leave(layout.home)
    for folder in (layout.data("kafka"), layout.logs, layout.keys, layout.home / "pids"):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(layout.home / "logs-of-the-last-failure", ignore_errors=True)
    for file in (layout.secrets_file, layout.run_file):
        file.unlink(missing_ok=True)


def _clear_away(layout: Layout) -> None:
    """Kill what an orphaned home still runs and remove it."""
    for pid_file in (layout.home / "pids").glob("*.json"):
        orphan = remembered(pid_file)
        if orphan is not None:
            os.kill(orphan.pid, signal.SIGKILL)
    leave(layout.home)
    shutil.rmtree(layout.home, ignore_errors=True)
