"""A fault of the broker's own: after a kill its group coordinator may fail to load, and nobody joins until it is restarted.

Seen with Kafka 4.3.1 and one broker, after 20 and 32 minutes of kills: "out of sync with the underlying log",
reloaded again and again, then failed for good, or stuck where it could not take back what it had not written;
every client is answered "not the correct coordinator". No client can mend that. An operator restarts the broker (docs/howto/runbook.md), and so does the harness; the table counts how often.
"""

import re
from pathlib import Path

_STARTED = "Performing controller activation"
# Another cause is told when the broker is only starting or stopping: that one passes.
_FAILED = re.compile(
    r"Failed to load metadata from __consumer_offsets-\d+ .* must be greater than"
    # Here it stands still in the midst of failing: it is neither reloaded nor answers anybody.
    r"|Failed to write records to __consumer_offsets-\d+ .* No in-memory snapshot for epoch"
)


def coordinator_has_failed(log: Path) -> bool:
    """Say whether the broker's log tells of a coordinator that failed for good since its last start."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return _FAILED.search(text.rpartition(_STARTED)[2]) is not None
