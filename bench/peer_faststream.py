"""FastStream with a handler that does nothing, message by message: prints messages per second and ends.

Run as `python -m bench.peer_faststream <bootstrap> <topic> <messages>`. The clock runs from the first tenth of the
messages to the last, as it does for ours.
"""

import asyncio
import sys
import time
from typing import Any

import uvloop

_WARM_UP_SHARE = 0.1
_TIMEOUT_S = 180


async def main() -> None:
    """Consume, time, print."""
    from faststream.kafka import KafkaBroker  # noqa: PLC0415 - the peer is installed by `make bench` alone

    bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    broker: Any = KafkaBroker(bootstrap, logger=None)
    done = asyncio.Event()
    seen, started = 0, 0.0

    async def handle(_body: dict[str, Any]) -> None:
        nonlocal seen, started
        seen += 1
        if seen == int(count * _WARM_UP_SHARE):
            started = time.perf_counter()
        if seen == count:
            done.set()

    # The peer is not installed where the types are checked, so its decorator is called by hand.
    broker.subscriber(topic, group_id=f"faststream-{time.time_ns()}", auto_offset_reset="earliest")(handle)
    await broker.start()
    async with asyncio.timeout(_TIMEOUT_S):
        await done.wait()
    elapsed_s = time.perf_counter() - started
    print(f"rate {(count - int(count * _WARM_UP_SHARE)) / elapsed_s}", flush=True)
    await broker.stop()


if __name__ == "__main__":
    uvloop.run(main())
