"""Trial runs: every message of any channel goes as an e-mail to one address instead (VELVET_REDIRECT_ALL_TO)."""

from dataclasses import replace

from notifier.adapters.formatting import language_of
from notifier.domain.message import Message, Rendered
from notifier.domain.outcome import LookUp, Outcome
from notifier.domain.parties import Recipient
from notifier.usecases.ports import Provider

_NOTES = {
    "nl": "PROEFBERICHT. Dit bericht was bestemd voor {to} ({channel}).",
    "en": "TRIAL MESSAGE. This message was meant for {to} ({channel}).",
}


class Redirected:
    """Stands in for a channel's provider and hands everything to the mail provider."""

    name = "redirect"
    is_repeatable = False
    answers_look_ups_at_once = False

    def __init__(self, mail: Provider, *, to: str) -> None:
        self._mail = mail
        self._to = to

    async def send(self, message: Message) -> Outcome:
        """Send the words to the trial address, with the true recipient said at the top."""
        return await self._mail.send(self._redirected(message))

    async def look_up(self, message: Message) -> LookUp:
        """Ask the mail provider."""
        return await self._mail.look_up(self._redirected(message))

    def _redirected(self, message: Message) -> Message:
        meant = message.recipient
        to = meant.address.replace("\n", ", ")
        note = _NOTES[language_of(message.language)].format(to=to, channel=meant.channel)
        subject = message.rendered.subject or message.creditor.shown_name
        rendered = Rendered(subject=f"[{meant.channel}] {subject}", text=f"{note}\n\n{message.rendered.text}")
        return replace(message, recipient=Recipient("EMAIL", self._to), rendered=rendered)
