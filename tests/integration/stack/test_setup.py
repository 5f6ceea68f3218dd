"""The set-up says in one sentence what is missing, and does nothing twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.stack.layout import REPOSITORY

TOOLS = "sh cat cksum sed mkdir df awk tail grep cut head tr rm mv rmdir dirname touch chmod env printf uname flock".split()
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")
JAVA_17 = "#!/bin/sh\necho 'openjdk version \"17.0.15\" 2025-04-15' >&2\n"
# Makes the folder that it is told to, as Maven would.
MAVEN = '#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) mkdir -p "${a#*=}"; : > "${a#*=}/kafka.jar";; esac; done\n'
PYTHON = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in *"-m venv"*) mkdir -p .venv/bin; cat "$0" > .venv/bin/python; chmod +x .venv/bin/python;; esac
"""


class Machine:
    """A clone with spaces in its path, on a machine whose programs are chosen one by one."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "a clone"
        self.programs = folder / "bin"
        self.programs.mkdir()
        for part in ("sandbox/setup.sh", "requirements.lock", "pyproject.toml", "deploy/kafka/pom.xml"):
            (self.clone / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / part, self.clone / part)
        for tool in TOOLS:
            found = shutil.which(tool)
            if found:
                (self.programs / tool).symlink_to(found)
        self.calls = folder / "calls"
        for name, text in (("python3.11", PYTHON), ("java", JAVA_17), ("mvn", MAVEN)):
            self.has(name, text)

    def has(self, name: str, text: str) -> None:
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def lacks(self, *names: str) -> None:
        for name in names:
            (self.programs / name).unlink(missing_ok=True)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(self.programs), "HOME": str(self.clone), "CALLS": str(self.calls)}
        return subprocess.run(
            ["/bin/sh", str(self.clone / "sandbox" / "setup.sh")],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _complaint(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 1
    assert answer.stdout == ""
    return answer.stderr.strip().splitlines()[-1]


def test_everything_is_set_up_once_and_the_second_time_nothing_is_called(machine: Machine) -> None:
    first = machine.set_up()
    assert (first.returncode, first.stdout) == (0, "")
    calls = machine.calls.read_text()
    assert "--require-hashes -r requirements.lock" in calls
    assert "--no-deps --no-build-isolation -e ." in calls
    second = machine.set_up()
    assert (second.returncode, second.stderr) == (0, "")
    assert machine.calls.read_text() == calls


def test_a_new_lock_installs_the_libraries_again_and_leaves_kafka_alone(machine: Machine) -> None:
    machine.set_up()
    machine.lacks("mvn")
    with (machine.clone / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    answer = machine.set_up()
    assert answer.returncode == 0
    assert machine.calls.read_text().count("--require-hashes") == 2


def test_a_missing_or_old_python_is_one_sentence(machine: Machine) -> None:
    for name in PYTHONS:
        machine.lacks(name)
    machine.has("python3", '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    assert _complaint(machine.set_up()).startswith(
        "Velvet needs Python 3.11 or newer, and there is Python 3.9.2:"
    )


def test_a_python_that_cannot_make_environments_is_one_sentence(machine: Machine) -> None:
    machine.has("python3.11", '#!/bin/sh\n[ "$1" = -c ]\n')
    assert "install its venv module" in _complaint(machine.set_up())


def test_a_python_without_ensurepip_lends_its_own_pip(machine: Machine) -> None:
    split_off = 'case "$*" in *without-pip*) ;; *"-m venv"*) exit 1;; esac\n'
    machine.has("python3.11", PYTHON.replace("#!/bin/sh\n", f"#!/bin/sh\n{split_off}"))
    assert machine.set_up().returncode == 0
    assert "-m pip --python .venv/bin/python install --quiet --no-input pip==" in machine.calls.read_text()


def test_a_missing_java_is_one_sentence(machine: Machine) -> None:
    machine.lacks("java")
    assert _complaint(machine.set_up()).startswith("Kafka needs Java 17 or newer, and there is none:")


@pytest.mark.parametrize(("said", "number"), [("1.8.0_402", "8"), ("11.0.22", "11")])
def test_an_old_java_is_one_sentence(machine: Machine, said: str, number: str) -> None:
    machine.has("java", f"#!/bin/sh\necho 'openjdk version \"{said}\"' >&2\n")
    assert _complaint(machine.set_up()) == f"Kafka needs Java 17 or newer, and java is Java {number}."


def test_a_missing_maven_is_one_sentence(machine: Machine) -> None:
    machine.lacks("mvn")
    assert _complaint(machine.set_up()).startswith("Maven fetches Kafka, and there is no mvn:")


@pytest.mark.parametrize("missing", ["java", "mvn"])
def test_what_kafka_needs_is_asked_for_before_anything_is_downloaded(machine: Machine, missing: str) -> None:
    machine.lacks(missing)
    _complaint(machine.set_up())
    assert not machine.calls.exists() or "install" not in machine.calls.read_text()


def test_mavens_reason_is_found_behind_its_colours_and_before_its_empty_lines(machine: Machine) -> None:
    said = "\\033[0m\\033[0m[ERROR] No plugin found\\n[ERROR] \\n[ERROR] see the manual"
    machine.has("mvn", f"#!/bin/sh\nprintf '{said}\\n'\nexit 1\n")
    assert "Fetching Kafka failed: [ERROR] No plugin found (all of it" in _complaint(machine.set_up())


def test_a_failed_fetch_gives_mavens_reason_and_leaves_no_half_filled_folder(machine: Machine) -> None:
    reason = "[ERROR] Could not transfer artifact kafka\\n[ERROR] see the manual"
    machine.has("mvn", f"#!/bin/sh\nprintf '{reason}\\n'\nexit 1\n")
    assert "Fetching Kafka failed: [ERROR] Could not transfer artifact kafka" in _complaint(machine.set_up())
    assert not list((machine.clone / ".velvet" / "cache" / "kafka").glob("*/libs"))


def test_a_full_disk_is_one_sentence(machine: Machine) -> None:
    machine.has("df", "#!/bin/sh\nprintf 'Filesystem\\n/dev/x 10 5 2048 50%% /\\n'\n")
    assert _complaint(machine.set_up()).startswith("Only 2 MB are free where ")


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(machine: Machine) -> None:
    machine.has("mvn", "#!/bin/sh\necho 'No space left on device'\nexit 1\n")
    assert _complaint(machine.set_up()).startswith("The disk is full:")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(machine: Machine) -> None:
    machine.clone.chmod(0o555)
    assert _complaint(machine.set_up()).startswith("Velvet cannot write to ")


def test_a_log_that_cannot_be_written_is_one_sentence(machine: Machine) -> None:
    (machine.clone / ".velvet" / "cache" / "setup.log").mkdir(parents=True)
    log = f"{machine.clone}/.velvet/cache/setup.log"
    assert _complaint(machine.set_up()) == (
        f"Velvet cannot write to {log}: make room there or make it writable, and try again."
    )
