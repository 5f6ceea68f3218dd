"""An Apache Kafka broker of one's own: one node, KRaft, plain jars on Java 17."""

import asyncio
import base64
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from sandbox.stack.addresses import HOST
from sandbox.stack.layout import Layout, kafka_archive, kafka_libs, kafka_logging, kafka_template
from sandbox.stack.problem import StackProblem
from sandbox.stack.process import Launch, Process

_POLL_S = 0.05
_START_S_MAX = 60.0
_STOP_S_MAX = 15.0
_JAVA_MIN = 17
_NO_JAVA = (
    f"Kafka needs Java {_JAVA_MIN} or newer, and there is none: install it (Debian: openjdk-17-jre-headless)."
)


@dataclass(slots=True)
class KafkaBroker:
    """One broker with its data; ``advertised_port`` lets a fault proxy stand between clients and broker."""

    layout: Layout
    port: int
    controller_port: int
    advertised_port: int | None = None
    flags: tuple[str, ...] | None = None
    """Flags for the Java machine beside the usual ones; None: use the archive of classes if there is one."""
    more_listeners: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Further listeners by name (capitals): the port, and the one advertised to its clients (a fault proxy's)."""
    _process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Bind the process to its name in the layout."""
        self._process = Process("kafka", self.layout)

    @property
    def process(self) -> Process:
        """The broker's Java process."""
        return self._process

    @property
    def bootstrap(self) -> str:
        """The address that clients connect to."""
        return f"{HOST}:{self.advertised_port or self.port}"

    async def start(self) -> None:
        """Start the broker, formatting its data directory at the first start; returns when it answers."""
        if self._process.running:
            return
        self.layout.create()
        await self.format()
        # The quick compiler alone: a local broker lives minutes, and the optimising one would take a core of two.
        flags = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *self._more_flags()]
        flags.append(f"-Dlog4j2.configurationFile={kafka_logging().as_uri()}")
        command = [
            java_program(),
            *flags,
            "-cp",
            f"{kafka_libs()}/*",
            "kafka.Kafka",
            str(self._properties_file),
        ]
        self._process.start(Launch(command=command, environment=dict(os.environ), folder=self.data.parent))
        await self._ready()

    async def format(self) -> None:
        """Write the configuration, and prepare the data directory if it is new."""
        self.layout.create()
        self.data.parent.mkdir(exist_ok=True)
        self._properties_file.write_text(self._properties(), encoding="utf-8")
        if (self.data / "meta.properties").exists():
            return
        if kafka_template().is_dir():
            shutil.copytree(kafka_template(), self.data, dirs_exist_ok=True)
        else:
            await asyncio.to_thread(_format, java_program(), self._properties_file)

    async def stop(self) -> None:
        """Stop the broker gracefully."""
        await self._process.stop(within_s=_STOP_S_MAX)

    def kill(self, signal_: Signals = signal.SIGKILL) -> None:
        """Send a signal to the broker."""
        self._process.kill(signal_)

    async def restart(self) -> None:
        """Stop the broker if it runs, and start it on the same data and ports."""
        await self.stop()
        await self.start()

    def wipe(self) -> None:
        """Remove the data; the broker must be stopped."""
        shutil.rmtree(self.layout.data("kafka"), ignore_errors=True)

    @property
    def data(self) -> Path:
        """Where the broker keeps its records."""
        return self.layout.data("kafka") / "data"

    @property
    def _properties_file(self) -> Path:
        """Where the broker's configuration lies."""
        return self.layout.data("kafka") / "server.properties"

    def _more_flags(self) -> tuple[str, ...]:
        """Return the flags beside the usual ones."""
        if self.flags is not None:
            return self.flags
        return (f"-XX:SharedArchiveFile={kafka_archive()}",) if kafka_archive().exists() else ()

    async def _ready(self) -> None:
        """Poll the admin client until the broker answers."""
        deadline = time.monotonic() + _START_S_MAX
        while not await _answers(f"{HOST}:{self.port}"):
            if not self._process.running:
                raise self._process.obituary()
            if time.monotonic() > deadline:
                raise StackProblem(f"Kafka did not answer within {_START_S_MAX:.0f} seconds.")
            await asyncio.sleep(_POLL_S)

    def _properties(self) -> str:
        """Return the broker's configuration."""
        more = self.more_listeners.items()
        listeners = [f"{name}://{HOST}:{port}" for name, (port, _) in more]
        advertised = [f"{name}://{HOST}:{port}" for name, (_, port) in more]
        protocols = [
            "CONTROLLER:PLAINTEXT",
            "PLAINTEXT:PLAINTEXT",
            *(f"{name}:PLAINTEXT" for name, _ in more),
        ]
        own = [f"PLAINTEXT://{HOST}:{self.port}", f"CONTROLLER://{HOST}:{self.controller_port}"]
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "listeners": ",".join([*own, *listeners]),
            "advertised.listeners": ",".join([f"PLAINTEXT://{self.bootstrap}", *advertised]),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(protocols),
            "log.dirs": self.data,
            "num.partitions": 6,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 3,
            # What `redrive` has put back is a group's offset; dead letters are kept for ever, and so is this.
            "offsets.retention.minutes": 2_147_483_647,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A broker that was killed is let in again when its old session has ended: 9 s by default.
            "broker.session.timeout.ms": 2000,
            "broker.heartbeat.interval.ms": 500,
            # Tests of failing consumers need a shorter session than the broker's default minimum of 6 s.
            "group.min.session.timeout.ms": 1000,
            "auto.create.topics.enable": "false",
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


def java_program() -> str:
    """Return the Java to run the broker with; a problem says so when it is missing or too old."""
    home = os.environ.get("JAVA_HOME", "")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        raise StackProblem(_NO_JAVA)
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if found is None:
        raise StackProblem(_NO_JAVA)
    if int(found.group(1)) < _JAVA_MIN:
        raise StackProblem(f"Kafka needs Java {_JAVA_MIN} or newer, and {java} is Java {found.group(1)}.")
    return java


def _format(java: str, properties: Path) -> None:
    """Prepare the data directory; the cluster's identifier is 16 random bytes, as Kafka's own tool draws it."""
    cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode("ascii").rstrip("=")
    # An identifier that begins with a dash would be taken for an option.
    cluster = f"V{cluster[1:]}"
    flags = [
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Dlog4j2.configurationFile={kafka_logging().as_uri()}",
    ]
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties), "-g"]
    command = [java, *flags, "-cp", f"{kafka_libs()}/*", *tool]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        words = (answer.stderr or answer.stdout).strip().splitlines() or ["no reason given"]
        raise StackProblem(f"Kafka cannot format its data directory: {words[-1].strip().rstrip('.')}.")


async def _answers(bootstrap: str) -> bool:
    """Ask the broker to describe its cluster; the client's complaints on the way are not news."""
    host, _, port = bootstrap.partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    logger = logging.getLogger("aiokafka")
    before, logger.level = logger.level, logging.CRITICAL
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        await client.start()
        cluster = await client.describe_cluster()
        return bool(cluster["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()
        logger.setLevel(before)
