"""A broker whose coordinator failed for good is told from one that only starts, and from one that was restarted."""

from pathlib import Path

import pytest

from chaos.broker_fault import coordinator_has_failed

START = "WARN  QuorumController [QuorumController id=1] Performing controller activation.\n"
FAILED = (
    "ERROR CoordinatorRuntime [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-0 with epoch"
    " 30 due to New last written offset 16404 of __consumer_offsets-0 must be greater than 128944..\n"
)
STUCK = (
    "ERROR CoordinatorRuntime [GroupCoordinator id=1] Failed to write records to __consumer_offsets-0 due to an"
    " unexpected error: No in-memory snapshot for epoch 16395. Snapshot epochs are: 32783, 88813.\n"
)
PASSING = (
    "ERROR CoordinatorRuntime [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-1 with epoch"
    " 0 due to Stopped loading records from __consumer_offsets-1 because the partition is not online.\n"
)


@pytest.mark.parametrize(
    ("log", "has_failed"),
    [
        ("", False),
        (START + FAILED, True),
        (START + STUCK, True),
        (START + PASSING, False),
        (START + FAILED + START, False),
        (START + FAILED + START + FAILED, True),
    ],
)
def test_only_a_coordinator_that_failed_since_the_last_start_counts(
    tmp_path: Path, log: str, *, has_failed: bool
) -> None:
    (tmp_path / "kafka.log").write_text(log)
    assert coordinator_has_failed(tmp_path / "kafka.log") is has_failed


def test_without_a_log_nothing_has_failed(tmp_path: Path) -> None:
    assert not coordinator_has_failed(tmp_path / "kafka.log")
