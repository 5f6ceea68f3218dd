#!/bin/sh
# Prepares everything that the other commands need, each part once: the virtual environment from the lock, Velvet itself
# in it, and Kafka's jars; with the argument `bench` also what the benchmark measures against. Says one sentence when
# something is missing. Standard output stays empty.
set -eu

cd "$(dirname "$0")/.."
root=$(pwd -P)
cache=.velvet/cache
stamps=$cache/stamps
log=$cache/setup.log
venv_python=.venv/bin/python
kafka_version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' deploy/kafka/pom.xml)
libs=$cache/kafka/$kafka_version/libs
room_kb_min=1500000

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
fingerprint() { { printf '%s\n' "$root"; cat "$@"; } | cksum; }
is_done() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" > "$stamps/$1"; }

locked_mark=$(fingerprint requirements.lock)
# Of the project file only this decides what is installed: the rest is the lock's or the checkers' business.
velvet_mark=$(sed -n '/^version/p; /^\[tool\.hatch/,/^$/p' pyproject.toml | fingerprint requirements.lock -)
kafka_mark=$(fingerprint deploy/kafka/pom.xml)
bench_mark=
if [ "${1:-}" = bench ]; then bench_mark=$(fingerprint requirements.lock bench/requirements.lock); fi

nothing_to_do() {
    is_done locked "$locked_mark" && is_done velvet "$velvet_mark" && is_done kafka "$kafka_mark" &&
        { [ -z "$bench_mark" ] || is_done bench "$bench_mark"; } && [ -x "$venv_python" ] && [ -d "$libs" ]
}

# Runs a command with its output in the log; on failure says why in one sentence, in the words of the command if need be.
attempt() {
    what=$1
    shift
    if "$@" >> "$log" 2>&1; then return 0; fi
    if tail -n 40 "$log" | grep -qi 'no space left'; then die "The disk is full: make room where $root lies, and try again."; fi
    # Maven says the reason first, pip says it last. Maven may colour the first line and leave the next one empty.
    why=$(sed -n 's/^.*\(\[ERROR\] *[^ ]\)/\1/p' "$log" | grep -m 1 . || grep '^ *[A-Za-z]*Error: ' "$log" || grep -i 'error' "$log" || true)
    why=$(printf '%s\n' "$why" | tail -n 1 | sed 's/^ *//' | cut -c 1-300)
    die "$what failed: ${why:-see the log} (all of it in $root/$log)."
}

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    found=$(python3 -V 2>&1) || found="no Python at all"
    die "Velvet needs Python 3.11 or newer, and there is $found: install it, or name one with PYTHON=/path/to/python3.11."
}

# A Python without ensurepip (Debian splits it off) can still make the environment when it has a pip of its own.
make_venv() {
    if "$venv_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then return 0; fi
    python=$(find_python) || exit 1
    say "A virtual environment is made (once)."
    if "$python" -m venv --clear .venv >> "$log" 2>&1; then return 0; fi
    if tail -n 5 "$log" | grep -qi 'no space left'; then die "The disk is full: make room where $root lies, and try again."; fi
    "$python" -m pip --version > /dev/null 2>&1 ||
        die "$python can make no virtual environment: install its venv module (Debian: apt-get install python3-venv)."
    attempt "Making the virtual environment" "$python" -m venv --clear --without-pip .venv
    pip_line=$(sed -n 's/^\(pip==[^ ]*\).*/\1/p' requirements.lock)
    attempt "Installing pip" "$python" -m pip --python "$venv_python" install --quiet --no-input "$pip_line"
}

install_locked() {
    attempt "Installing the libraries" "$venv_python" -m pip install --quiet --no-input \
        --disable-pip-version-check --require-hashes -r "$1"
}

install_velvet() {
    attempt "Installing Velvet into its environment" "$venv_python" -m pip install --quiet --no-input \
        --disable-pip-version-check --no-deps --no-build-isolation -e .
    stamp velvet "$velvet_mark"
}

check_java() {
    java=java
    if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then java=$JAVA_HOME/bin/java; fi
    version=$("$java" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1) || version=
    [ -n "$version" ] || die "Kafka needs Java 17 or newer, and there is none: install it (Debian: apt-get install openjdk-17-jre-headless)."
    [ "$version" -ge 17 ] || die "Kafka needs Java 17 or newer, and $java is Java $version."
}

has_kafka() { [ -d "$libs" ] && is_done kafka "$kafka_mark"; }

check_kafka_needs() {
    if has_kafka; then return 0; fi
    check_java
    command -v mvn > /dev/null 2>&1 ||
        die "Maven fetches Kafka, and there is no mvn: install it (Debian: apt-get install maven)."
}

fetch_kafka() {
    if has_kafka; then return 0; fi
    say "Kafka $kafka_version is fetched (once)."
    draft=$root/$cache/kafka/draft.$$
    rm -rf "$root/$cache/kafka"/draft.*
    # -C: a jar whose checksum is wrong is refused.
    set -- -q -B -C -f deploy/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$draft/libs"
    # An account without a home of its own has no repository of Maven's either: then it lies in the cache.
    if ! mvn "$@" >> "$log" 2>&1; then
        attempt "Fetching Kafka" mvn "-Dmaven.repo.local=$root/$cache/maven" "$@"
        rm -rf "$cache/maven"
    fi
    mkdir -p "$cache/kafka/$kafka_version"
    rm -rf "$libs"
    mv "$draft/libs" "$libs"
    rmdir "$draft"
    # Only to start faster: without it the broker starts too.
    "$venv_python" -m sandbox.stack.kafka_cache >> "$log" 2>&1 || true
    stamp kafka "$kafka_mark"
}

if nothing_to_do; then exit 0; fi

mkdir -p "$stamps" 2> /dev/null || die "Velvet cannot write to $root: make it writable, and try again."
# Two commands at once must not install into the same folder.
if [ -z "${VELVET_SETUP_ALONE:-}" ] && command -v flock > /dev/null 2>&1; then
    VELVET_SETUP_ALONE=1 exec flock "$cache/setup.lock" sh sandbox/setup.sh "$@"
fi
# In a shell of its own: where the redirection of `:` fails, some shells end at once with words of their own.
(: > "$log") 2> /dev/null || die "Velvet cannot write to $root/$log: make room there or make it writable, and try again."
free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
[ "$free_kb" -ge "$room_kb_min" ] ||
    die "Only $((free_kb / 1024)) MB are free where $root lies, and the set-up needs $((room_kb_min / 1024)) MB: make room, and try again."
# The user's own settings of pip must not send the libraries elsewhere.
export PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
unset PYTHONHOME PYTHONPATH

# What is missing is said before the minutes of downloading, not after.
check_kafka_needs
if ! is_done locked "$locked_mark" || ! [ -x "$venv_python" ]; then
    make_venv
    say "Libraries are installed from the lock (once)."
    install_locked requirements.lock
    stamp locked "$locked_mark"
fi
is_done velvet "$velvet_mark" || install_velvet
fetch_kafka
if [ -n "$bench_mark" ] && ! is_done bench "$bench_mark"; then
    say "What the benchmark measures against is installed (once)."
    install_locked bench/requirements.lock
    stamp bench "$bench_mark"
fi
