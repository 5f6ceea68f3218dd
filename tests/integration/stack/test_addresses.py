"""Ports: the contract's, the user's, or free ones; a taken one is named."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack.addresses import DEFAULT_PORTS, Addresses, chosen_addresses, free_ports, refuse_taken
from sandbox.stack.problem import StackProblem


@pytest.fixture
def taken() -> Iterator[int]:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        yield port


def test_the_contracts_ports_hold_unless_the_environment_says_otherwise() -> None:
    assert chosen_addresses({}).url("scheduler") == "http://127.0.0.1:8103"
    assert (
        chosen_addresses({"VELVET_SCHEDULER_HTTP_PORT": "9000"}).url("scheduler") == "http://127.0.0.1:9000"
    )


@pytest.mark.parametrize("text", ["0", "70000", "-1", "eighty", "8 0", "٣"])
def test_a_port_that_is_none_is_refused_by_the_name_of_its_variable(text: str) -> None:
    with pytest.raises(StackProblem, match="VELVET_INVOICES_HTTP_PORT"):
        chosen_addresses({"VELVET_INVOICES_HTTP_PORT": text})


def test_two_parts_on_one_port_are_refused_before_one_answers_for_both() -> None:
    with pytest.raises(StackProblem, match=r"VELVET_INVOICES_HTTP_PORT and VELVET_INBOX_HTTP_PORT .* 8105"):
        chosen_addresses({"VELVET_INVOICES_HTTP_PORT": "8105"})
    swapped = {"VELVET_INVOICES_HTTP_PORT": "8105", "VELVET_INBOX_HTTP_PORT": "8101"}
    assert chosen_addresses(swapped).ports["inbox"] == 8101


def test_free_ports_are_free_distinct_and_never_the_fixed_ones(taken: int) -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert taken not in ports
    assert not set(ports) & set(DEFAULT_PORTS.values())


def test_every_taken_port_is_named_in_one_sentence(taken: int) -> None:
    addresses = Addresses({**DEFAULT_PORTS, "invoices": taken, "inbox": taken})
    with pytest.raises(StackProblem) as problem:
        refuse_taken(addresses, ["invoices", "inbox"])
    assert str(problem.value) == (
        f"Ports {taken} (invoices), {taken} (inbox) are taken by another program: "
        "stop it, or set VELVET_INVOICES_HTTP_PORT, VELVET_INBOX_HTTP_PORT."
    )


def test_the_command_line_says_a_taken_port_in_one_sentence_and_starts_nothing(
    taken: int, home: Path
) -> None:
    names = (
        "KAFKA_PORT",
        "KAFKA_CONTROLLER_PORT",
        "POSTGRES_PORT",
        "CLASSIFIER_HTTP_PORT",
        "SCHEDULER_HTTP_PORT",
    )
    more = ("NOTIFIER_HTTP_PORT", "INBOX_HTTP_PORT", "INBOX_SMTP_PORT")
    ports = {f"VELVET_{name}": str(port) for name, port in zip((*names, *more), free_ports(8), strict=True)}
    environ = {
        "PATH": os.environ["PATH"],
        "VELVET_HOME": str(home),
        "VELVET_INVOICES_HTTP_PORT": str(taken),
        **ports,
    }
    answer = subprocess.run(
        [sys.executable, "-m", "sandbox.stack", "up"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == (
        f"Port {taken} (invoices) is taken by another program: stop it, or set VELVET_INVOICES_HTTP_PORT.\n"
    )
    assert not (home / "postgres").exists()
