"""Tests where the command that makes the topics learns how many copies of a partition there are to be."""

import pytest

import chassis.kafka.topics


@pytest.mark.parametrize(
    ("set_to", "arguments", "copies"),
    [("", [], 1), ("3", [], 3), ("3", ["--replication=2"], 2)],
)
def test_copies_are_as_the_environment_says_unless_the_command_does(
    monkeypatch: pytest.MonkeyPatch, set_to: str, arguments: list[str], copies: int
) -> None:
    made: list[int] = []

    async def create(_bootstrap: str, *, replication: int, partitions_max: int) -> int:
        del partitions_max
        made.append(replication)
        return 0

    monkeypatch.setattr(chassis.kafka.topics, "create", create)
    monkeypatch.setenv("VELVET_KAFKA_REPLICATION", set_to)
    assert chassis.kafka.topics.main(["create", *arguments]) == 0
    assert made == [copies]


def test_copies_that_are_no_number_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VELVET_KAFKA_REPLICATION", "many")
    with pytest.raises(SystemExit):
        chassis.kafka.topics.main(["create"])
    assert "'many'" in capsys.readouterr().err
