"""On a restored database: puts back how messages stood, and never sends one again of which nothing is known."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from contracts.notifier import v1
from notifier.adapters.kept import KeptAddress, KeptConsent, KeptEvent, KeptMessage
from notifier.adapters.repositories_contacts import PostgresContacts
from notifier.adapters.repositories_parties import PostgresParties
from notifier.adapters.wire import outgoing
from notifier.domain.consent import Consent
from notifier.domain.contact import ContactEvent

# The row is older than the journal's last line: words and address stay where the line has none.
_PUT_BACK: Final = text(
    "UPDATE contacts c SET version = greatest(c.version, u.version), state = u.state, at = u.at,"
    " not_before = u.not_before, attempts = u.attempts, why = u.why, token = greatest(c.token, u.token) + 1,"
    " provider = coalesce(nullif(u.provider, ''), c.provider),"
    " recipient = coalesce(nullif(u.recipient, ''), c.recipient),"
    " recipient_name = coalesce(nullif(u.recipient_name, ''), c.recipient_name),"
    " subject = coalesce(nullif(u.subject, ''), c.subject), text = coalesce(nullif(u.text, ''), c.text),"
    " provider_message_id = u.provider_message_id, status = u.status, owner = '',"
    " lease_until = CASE WHEN u.state = 'CALLING' THEN clock_timestamp() END, called_at = clock_timestamp()"
    " FROM unnest(CAST(:creditor_id AS text[]), CAST(:contact_id AS text[]), CAST(:version AS bigint[]),"
    " CAST(:state AS text[]), CAST(:at AS timestamptz[]), CAST(:not_before AS timestamptz[]),"
    " CAST(:attempts AS integer[]), CAST(:why AS text[]), CAST(:token AS bigint[]),"
    " CAST(:provider_message_id AS text[]), CAST(:status AS text[]), CAST(:provider AS text[]),"
    " CAST(:recipient AS text[]), CAST(:recipient_name AS text[]), CAST(:subject AS text[]), CAST(:text AS text[]))"
    " AS u (creditor_id, contact_id, version, state, at, not_before, attempts, why, token, provider_message_id,"
    " status, provider, recipient, recipient_name, subject, text)"
    " WHERE c.creditor_id = u.creditor_id AND c.contact_id = u.contact_id AND c.action = 'SEND'"
)
# The call of a message begins right after the commit that says so; its line may not have reached the journal.
# A message that somebody might have begun to call is in doubt: it is looked up where the provider can be
# asked, and AMBIGUOUS otherwise. Letters may be ordered again by their id.
_IN_DOUBT: Final = text(
    "UPDATE contacts c SET state = 'CALLING', owner = '', lease_until = clock_timestamp(),"
    " called_at = clock_timestamp(), token = c.token + 1"
    " WHERE c.action = 'SEND' AND c.channel <> 'LETTER' AND c.state IN ('PENDING', 'CLAIMED')"
    " AND c.attempts = 0 AND NOT EXISTS (SELECT 1 FROM"
    " unnest(CAST(:creditors AS text[]), CAST(:ids AS text[])) AS k (creditor_id, contact_id)"
    " WHERE k.creditor_id = c.creditor_id AND k.contact_id = c.contact_id)"
)
_FIELDS: Final = KeptMessage.__struct_fields__


async def put_back(
    unit: Unit, lines: Sequence[tuple[str, msgspec.Raw]], told: Sequence[msgspec.Struct]
) -> None:
    """Take in the journal's rows in their order; afterwards nothing is pending that may have been sent.

    The journal and the words to the others go out side by side: what the journal knows and ``told`` does not
    is told now.
    """
    contacts = PostgresContacts(unit.connection)
    last = await _heard(unit, lines, contacts=contacts)
    keys = sorted(last)
    if keys:
        columns = {name: [last[key][name] for key in keys] for name in _FIELDS}
        await unit.connection.execute(_PUT_BACK, columns)
    heard = {body.contact_id: body.version for body in told if isinstance(body, v1.ContactRecorded)}
    for contact in await contacts.lock(keys):
        if contact.version > heard.get(contact.command.command_id, 0):
            unit.publish(outgoing(contact.recorded()))
    values = {"creditors": [key[0] for key in keys], "ids": [key[1] for key in keys]}
    await unit.connection.execute(_IN_DOUBT, values)


async def _heard(
    unit: Unit, lines: Sequence[tuple[str, msgspec.Raw]], *, contacts: PostgresContacts
) -> dict[tuple[str, str], dict[str, Any]]:
    """Take in what came back and what was allowed; returns the last line of each message."""
    parties = PostgresParties(unit.connection, default_sender="")
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, rows in lines:
        match kind:
            case "messages":
                for message in msgspec.json.decode(rows, type=list[KeptMessage]):
                    _fold(last, message)
            case "events":
                events = msgspec.json.decode(rows, type=list[KeptEvent])
                await contacts.add_events(
                    [((e.creditor_id, e.contact_id), ContactEvent(e.kind, e.at, e.detail)) for e in events]
                )
            case "consents":
                for said in msgspec.json.decode(rows, type=list[KeptConsent]):
                    consent = Consent(said.allowed, said.source, said.at)
                    await parties.set_consents((said.creditor_id, said.customer_id), {said.channel: consent})
            case _:
                for dead in msgspec.json.decode(rows, type=list[KeptAddress]):
                    await parties.suppress_address(
                        creditor_id=dead.creditor_id, address=dead.address, reason=dead.reason, at=dead.at
                    )
    return last


def _fold(last: dict[tuple[str, str], dict[str, Any]], message: KeptMessage) -> None:
    """Keep the last line of each message, with the words of its last call."""
    key = (message.creditor_id, message.contact_id)
    values = {name: getattr(message, name) for name in _FIELDS}
    before = last.get(key, {})
    for name in ("provider", "recipient", "recipient_name", "subject", "text"):
        values[name] = values[name] or before.get(name, "")
    last[key] = values
