"""On a restored database: lifts versions above all that were ever told, and tells what was made anew."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from chassis.db.unit_of_work import Unit
from chassis.kafka.messages import Outgoing
from chassis.kernel.clock import Clock
from chassis.kernel.ids import derived_id
from classifier.adapters.repositories import PostgresLedger
from classifier.adapters.wire import PROFILE_CHANGED, TIER_CHANGED
from classifier.domain.customer import Customer, Key
from classifier.usecases.ports import Judged
from contracts.classifier.v1 import ProfileChanged, TierChanged

STATES: Final = frozenset({TIER_CHANGED, PROFILE_CHANGED})
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
State = TierChanged | ProfileChanged


async def restate(
    unit: Unit, told: Sequence[msgspec.Struct], fresh: Sequence[msgspec.Struct], *, clock: Clock
) -> None:
    """Lift the versions, and publish again what the second taking-in came to.

    Tier and profile follow from facts and pins alone, so what was made anew is what holds; what was told
    and not made anew has not changed since.
    """
    floors: dict[tuple[Key, bool], int] = {}
    anew = [body for body in fresh if isinstance(body, State)]
    for body in (*(body for body in told if isinstance(body, State)), *anew):
        place = (_key(body), isinstance(body, TierChanged))
        floors[place] = max(floors.get(place, 0), body.version)
    keys = sorted({key for key, _ in floors})
    if not keys:
        return
    ledger = PostgresLedger(unit)
    lifted = {key: _lifted(customer, floors) for key, customer in (await ledger.lock(keys)).items()}
    now = clock.now()
    creditors = await ledger.creditors(sorted({key[0] for key in keys}))
    today = {name: creditor.today(now) for name, creditor in creditors.items()}
    await ledger.save_customers([Judged.of(lifted[key]) for key in keys], today=today)
    unit.publish(*(_again(body, lifted[_key(body)], at=now or _NO_TIME) for body in anew))


def _lifted(customer: Customer, floors: dict[tuple[Key, bool], int]) -> Customer:
    tier, profile = floors.get((customer.key, True)), floors.get((customer.key, False))
    return customer._replace(
        tier_version=max(customer.tier_version, tier) + 1 if tier is not None else customer.tier_version,
        profile_version=max(customer.profile_version, profile) + 1
        if profile is not None
        else customer.profile_version,
    )


def _again(body: State, customer: Customer, *, at: datetime) -> Outgoing:
    is_tier = isinstance(body, TierChanged)
    topic = TIER_CHANGED if is_tier else PROFILE_CHANGED
    version = customer.tier_version if is_tier else customer.profile_version
    return Outgoing(
        topic=topic,
        key=f"{body.creditor_id}:{body.customer_id}",
        body=msgspec.structs.replace(body, version=version),
        id=derived_id(topic, body.creditor_id, body.customer_id, str(version)),
        time=at,
        subject=body.customer_id,
    )


def _key(body: State) -> Key:
    return body.creditor_id, body.customer_id
