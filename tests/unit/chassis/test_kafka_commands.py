"""Tests how the commands that make topics and put dead letters back reach a broker, and how many copies are made."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

import chassis.kafka.redrive
import chassis.kafka.topics

_SECURED = {
    "VELVET_KAFKA_BOOTSTRAP": "kafka.example:9093",
    "VELVET_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "VELVET_KAFKA_USERNAME": "velvet",
    "VELVET_KAFKA_PASSWORD": "password",
}


def unreachable(client: type, *, asked: list[dict[str, Any]]) -> type:
    """Return the client with what it was made with noted, and nobody at the other end."""

    class Noting(client):  # type: ignore[misc]  # aiokafka is untyped
        def __init__(self, **options: Any) -> None:
            asked.append(options)
            super().__init__(**options)

        async def start(self) -> None:
            raise KafkaConnectionError("nobody is there")

    return Noting


@pytest.mark.parametrize(
    ("command", "arguments", "clients"),
    [
        (chassis.kafka.topics, ["create"], [AIOKafkaAdminClient]),
        (chassis.kafka.redrive, ["invoices.dead-letter.v1"], [AIOKafkaConsumer, AIOKafkaProducer]),
    ],
)
def test_a_command_reaches_a_secured_broker_as_the_services_do(
    monkeypatch: pytest.MonkeyPatch, command: Any, arguments: Sequence[str], clients: Sequence[type]
) -> None:
    asked: list[dict[str, Any]] = []
    for client in clients:
        monkeypatch.setattr(command, client.__name__, unreachable(client, asked=asked))
    for name, value in _SECURED.items():
        monkeypatch.setenv(name, value)
    assert command.main(arguments) == 1
    assert len(asked) == len(clients)
    for options in asked:
        assert options["bootstrap_servers"] == "kafka.example:9093"
        assert options["security_protocol"] == "SASL_PLAINTEXT"
        assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("velvet", "password")


@pytest.mark.parametrize(
    ("set_to", "arguments", "copies"), [("", [], 1), ("3", [], 3), ("3", ["--replication=2"], 2)]
)
def test_copies_are_as_the_environment_says_unless_the_command_does(
    monkeypatch: pytest.MonkeyPatch, set_to: str, arguments: list[str], copies: int
) -> None:
    made: list[int] = []

    async def create(_bootstrap: str, *, replication: int, **_others: object) -> int:
        made.append(replication)
        return 0

    monkeypatch.setattr(chassis.kafka.topics, "create", create)
    monkeypatch.setenv("VELVET_KAFKA_REPLICATION", set_to)
    assert chassis.kafka.topics.main(["create", *arguments]) == 0
    assert made == [copies]


@pytest.mark.parametrize("main", [chassis.kafka.topics.main, chassis.kafka.redrive.main])
def test_a_setting_that_cannot_be_meant_is_named(
    main: Callable[[Sequence[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VELVET_KAFKA_REPLICATION", "many")
    with pytest.raises(SystemExit) as ended:
        main(["create"])
    assert ended.value.code == 2
    assert "VELVET_KAFKA_REPLICATION: " in capsys.readouterr().err
