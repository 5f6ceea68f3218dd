"""Writes reasons out as sentences, in Dutch and English: the words of `explanation`, of plans and of commands."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from scheduler.domain.data_words import data_word
from scheduler.domain.decision import Reason

_WORDS: Final = {
    "en": {
        "EMAIL": "e-mail", "SMS": "text message", "WHATSAPP": "WhatsApp", "LETTER": "letter", "CALL": "telephone",
        "DECISION": "a decision task", "HANDOVER": "a hand-over task", "PORTAL": "the portal",
        "GOLD": "gold", "SILVER": "silver", "BRONZE": "bronze",
        "PENDING": "under way", "ACCEPTED": "accepted", "DELIVERED": "delivered", "DONE": "done",
        "AMBIGUOUS": "sent, receipt unknown", "FAILED": "failed", "SUPPRESSED": "held back",
        "arrival-check": "the question whether the invoice arrived", "arrival-call": "the call whether the invoice arrived",
        "upcoming-reminder": "the reminder before the due date", "due-today": "the short message on the due date",
        "first-reminder": "the first reminder", "reminder": "the friendly reminder", "friendly-call": "the friendly call",
        "overdue-call": "the call about the arrears", "second-call": "the second call", "decision": "the decision by a person",
        "formal-notice": "the formal notice", "formal-notice-letter": "the formal notice by letter",
        "final-notice": "the last formal notice", "hand-over": "the hand-over proposal", "resend": "the invoice once more",
        "data-quality": "the data-quality task",
    },
    "nl": {
        "EMAIL": "e-mail", "SMS": "sms", "WHATSAPP": "WhatsApp", "LETTER": "brief", "CALL": "telefoon",
        "DECISION": "een beslistaak", "HANDOVER": "een overdrachtstaak", "PORTAL": "het portaal",
        "GOLD": "goud", "SILVER": "zilver", "BRONZE": "brons",
        "PENDING": "onderweg", "ACCEPTED": "verzonden", "DELIVERED": "afgeleverd", "DONE": "gedaan",
        "AMBIGUOUS": "verzonden, ontvangst onbekend", "FAILED": "mislukt", "SUPPRESSED": "tegengehouden",
        "arrival-check": "de vraag of de factuur is aangekomen", "arrival-call": "het belletje of de factuur is aangekomen",
        "upcoming-reminder": "de herinnering vóór de vervaldatum", "due-today": "het korte bericht op de vervaldatum",
        "first-reminder": "de eerste herinnering", "reminder": "de vriendelijke herinnering", "friendly-call": "het vriendelijke belletje",
        "overdue-call": "het belletje over de achterstand", "second-call": "het tweede belletje", "decision": "de beslissing door een mens",
        "formal-notice": "de aanmaning", "formal-notice-letter": "de aanmaning per brief",
        "final-notice": "de laatste aanmaning", "hand-over": "het voorstel tot overdracht", "resend": "de factuur nogmaals",
        "data-quality": "de taak voor de gegevens",
    },
}  # fmt: skip

_MONTHS: Final = {
    "en": "January February March April May June July August September October November December".split(),
    "nl": "januari februari maart april mei juni juli augustus september oktober november december".split(),
}

# One sentence per code: (English, Dutch). {0}, {1} … are the reason's facts.
_SENTENCES: Final = {
    "act.SEND": ("{0^} goes by {1} ({2}).", "{0^} gaat per {1} ({2})."),
    "act.CALL": ("{0^} becomes a call task ({2}).", "{0^} wordt een beltaak ({2})."),
    "act.DECISION": ("{0^} is asked for ({2}).", "{0^} wordt gevraagd ({2})."),
    "act.HANDOVER": ("{0^} is put before a person ({2}).", "{0^} wordt aan een mens voorgelegd ({2})."),
    "day.issued": ("It is {0} days after the invoice date, {1}.", "Het is {0} dagen na de factuurdatum, {1}."),
    "day.before": ("It is {0} days before the due date, {1}.", "Het is {0} dagen vóór de vervaldatum, {1}."),
    "day.due": ("It is the effective due date, {0}.", "Het is de effectieve vervaldag, {0}."),
    "day.after": ("This step is planned for {0} days after the effective due date, {1}.", "Deze stap staat gepland op {0} dagen na de effectieve vervaldag, {1}."),
    "day.shifted": ("This step is planned for {0} days after the effective due date, {1}, and comes {2} days later because the customer usually pays that late.", "Deze stap staat gepland op {0} dagen na de effectieve vervaldag, {1}, en komt {2} dagen later omdat de klant gewoonlijk zo laat betaalt."),
    "day.after-task": ("{0} days after the first task, {1}, the invoice is still open.", "{0} dagen na de eerste taak, {1}, staat de factuur nog open."),
    "rule.fired": ("{0} days after the effective due date, {1}, the chance that the customer pays by itself within two days is {2}%, below {3}%.", "{0} dagen na de effectieve vervaldag, {1}, is de kans dat de klant binnen twee dagen vanzelf betaalt {2}%, onder {3}%."),
    "rule.latest": ("Day {0} after the effective due date, {1}, is the latest, although the customer still pays within two days with a chance of {2}%.", "Dag {0} na de effectieve vervaldag, {1}, is de uiterste, al betaalt de klant nog met een kans van {2}% binnen twee dagen."),
    "rule.no-history": ("There is too little history to choose the moment by, so day {0} after the effective due date, {1}, counts.", "Er is te weinig historie om het moment op te kiezen, dus telt dag {0} na de effectieve vervaldag, {1}."),
    "resend": ("The customer said that the invoice never arrived.", "De klant zei dat de factuur nooit is aangekomen."),
    "channel.preferred": ("The customer prefers to be reached by {0}; that goes before our own order.", "De klant wil het liefst bericht per {0}; dat gaat vóór onze eigen volgorde."),
    "channel.learned": ("The customer answers best by {0}; that goes before our own order.", "De klant reageert het best per {0}; dat gaat vóór onze eigen volgorde."),
    "channel.policy": ("{0^} comes first in the policy's order.", "{0^} staat vooraan in de volgorde van het beleid."),
    "channel.formal": ("A formal step goes by {0}, whatever is preferred.", "Een formele stap gaat per {0}, welke voorkeur er ook is."),
    "channel.fallback": ("{0^} is the first channel that can be used.", "{0^} is het eerste kanaal dat bruikbaar is."),
    "channel.wish-not-possible": ("The customer prefers to be reached by {1}, which cannot be used for this step; the message goes by {0}.", "De klant wil het liefst bericht per {1}, wat voor deze stap niet kan; het bericht gaat per {0}."),
    "done": ("{0^} was carried out on {1} by {2} ({3}).", "{0^} is uitgevoerd op {1} per {2} ({3})."),
    "task.open": ("{0^} has been with a person as a task since {1}.", "{0^} ligt sinds {1} als taak bij een mens."),
    "skipped": ("Steps due before {0}, when the invoice became known, are skipped.", "Stappen van vóór {0}, toen de factuur bekend werd, vervallen."),
    "wait.next": ("Next comes {0}, on {1} or the first allowed moment after it.", "Hierna komt {0}, op {1} of het eerste toegestane moment daarna."),
    "wait.unreachable": ("Next would come {0}, on {1}, but no channel reaches this customer; a person has to complete the contact details first (data-quality task).", "Hierna zou {0} komen, op {1}, maar geen enkel kanaal bereikt deze klant; een mens moet eerst de contactgegevens aanvullen (taak voor de gegevens)."),
    "wait.ladder-done": ("Every step of the ladder has been carried out; a person decides what follows.", "Elke stap van de ladder is uitgevoerd; een mens beslist wat volgt."),
    "wait.moment": ("{0^} waits for the next moment that calendar, window and quiet hours allow.", "{0^} wacht op het eerstvolgende moment dat kalender, venster en stilteperiode toestaan."),
    "wait.one-a-day": ("One message a day is the limit: the next may go on {0}.", "Eén bericht per dag is de grens: het volgende mag op {0}."),
    "wait.budget": ("{0} messages in {1} days are the limit: the next may go on {2}.", "{0} berichten in {1} dagen zijn de grens: het volgende mag op {2}."),
    "wait.no-channel": ("{0^} waits: no channel reaches this customer; a person has to complete the contact details first (data-quality task).", "{0^} wacht: geen enkel kanaal bereikt deze klant; een mens moet eerst de contactgegevens aanvullen (taak voor de gegevens)."),
    "wait.tried-today": ("{0^} was tried today without result; it is tried again at the next moment.", "{0^} is vandaag zonder resultaat geprobeerd; het volgende moment weer."),
    "wait.term": ("The term that the formal notice gives runs until {0}.", "De termijn die de aanmaning geeft loopt tot {0}."),
    "formal.gold-lane": ("The invoice fell due while the customer was gold: no formal step goes by itself, a person decides.", "De factuur verviel toen de klant goud was: geen formele stap gaat vanzelf, een mens beslist."),
    "formal.too-soon": ("The first friendly contact about this invoice was on {0}; a formal step may follow from {1}.", "Het eerste vriendelijke contact over deze factuur was op {0}; een formele stap mag vanaf {1}."),
    "formal.friendly-first": ("Before {0} a friendly contact about this invoice is needed.", "Vóór {0} is een vriendelijk contact over deze factuur nodig."),
    "formal.waits-for-friendly": ("{0^} waits until the friendly contact about this invoice is done.", "{0^} wacht tot het vriendelijke contact over deze factuur gedaan is."),
    "formal.no-friendly-left": ("No friendly contact about this invoice succeeded and none is left: a person decides.", "Geen vriendelijk contact over deze factuur is gelukt en er is er geen meer: een mens beslist."),
    "formal.decided": ("Instead of {0} a person was asked to decide.", "In plaats van {0} is een mens om een beslissing gevraagd."),
    "stop.PAID": ("The invoice is paid.", "De factuur is betaald."),
    "stop.CREDITED": ("The invoice is credited.", "De factuur is gecrediteerd."),
    "stop.WRITTEN_OFF": ("The invoice is written off.", "De factuur is afgeboekt."),
    "stop.nothing-owed": ("Nothing is owed on this invoice.", "Op deze factuur is niets verschuldigd."),
    "stop.not-in-effect": ("The invoice is dated {0} and not in effect yet.", "De factuur is gedateerd {0} en geldt nog niet."),
    "stop.DISPUTED": ("The invoice is disputed: nothing is sent until that is settled.", "De factuur wordt betwist: er gaat niets uit tot dat is opgelost."),
    "stop.PROMISED": ("Payment is promised: nothing is sent until {0}.", "Betaling is toegezegd: er gaat niets uit tot {0}."),
    "stop.PLANNED": ("A payment plan is kept: nothing is sent until {0}.", "Er loopt een betalingsregeling: er gaat niets uit tot {0}."),
    "stop.HELD": ("The invoice is on hold until {0}: {1}.", "De factuur wordt aangehouden tot {0}: {1}."),
    "stop.CUSTOMER_HELD": ("The customer is on hold until {0}: {1}.", "De klant wordt aangehouden tot {0}: {1}."),
    "stop.COLLECTING": ("A direct debit is under way.", "Er loopt een incasso."),
    "task.reassign": ("The call was not made within {0} business days: it passes to {1}.", "Er is niet binnen {0} werkdagen gebeld: de taak gaat naar {1}."),
    "data.problem": ("{0^} cannot be used: {1}.", "{0^} is niet bruikbaar: {1}."),
    "data.dead": ("The customer cannot be reached by {0} any more: {1} is not right.", "Per {0} is de klant niet meer te bereiken: {1} klopt niet."),
    "data.window": ("The preferred window leaves no allowed minute; 09:00 is used instead.", "Het voorkeursvenster laat geen toegestane minuut over; 09:00 geldt."),
    "data.no-channel": ("There is no channel that reaches this customer.", "Er is geen kanaal dat deze klant bereikt."),
    "outreach.SHADOW": ("Outreach is in shadow: this is decided and reported, nothing is sent.", "Benadering staat in schaduw: dit wordt beslist en gemeld, er gaat niets uit."),
    "outreach.OFF": ("Outreach is off: nothing is decided.", "Benadering staat uit: er wordt niets beslist."),
    "not-known-then": ("Nothing was decided about this invoice on or before that day.", "Over deze factuur was op of vóór die dag niets beslist."),
    "foreseen": ("This is foreseen if nothing changes until then.", "Dit is voorzien als er tot dan niets verandert."),
    "then.act.SEND": ("{0^} is foreseen by {1} ({2}).", "{0^} is voorzien per {1} ({2})."),
    "then.act.CALL": ("{0^} is foreseen as a call task ({2}).", "{0^} is voorzien als beltaak ({2})."),
    "then.act.DECISION": ("{0^} will be asked for ({2}).", "{0^} zal worden gevraagd ({2})."),
    "then.act.HANDOVER": ("{0^} will be put before a person ({2}).", "{0^} zal aan een mens worden voorgelegd ({2})."),
    "then.day.issued": ("It will then be {0} days after the invoice date, {1}.", "Het is dan {0} dagen na de factuurdatum, {1}."),
    "then.day.before": ("It will then be {0} days before the due date, {1}.", "Het is dan {0} dagen vóór de vervaldatum, {1}."),
    "then.day.due": ("It will then be the effective due date, {0}.", "Het is dan de effectieve vervaldag, {0}."),
    "then.day.after-task": ("{0} days after the first task, {1}, the invoice would still be open.", "{0} dagen na de eerste taak, {1}, zou de factuur nog openstaan."),
    "then.done": ("{0^} will then have gone, on {1} by {2}.", "{0^} is dan weg, op {1} per {2}."),
    "then.task.open": ("{0^} will then have been with a person as a task since {1}.", "{0^} ligt dan sinds {1} als taak bij een mens."),
    "then.wait.ladder-done": ("Every step of the ladder will then have been carried out; a person decides what follows.", "Elke stap van de ladder is dan uitgevoerd; een mens beslist wat volgt."),
    "then.formal.too-soon": ("The first friendly contact about this invoice is foreseen on {0}; a formal step may follow from {1}.", "Het eerste vriendelijke contact over deze factuur is voorzien op {0}; een formele stap mag vanaf {1}."),
    "then.formal.decided": ("Instead of {0} a person will then have been asked to decide.", "In plaats van {0} is een mens dan om een beslissing gevraagd."),
    "unknown-newcomer": ("The customer is new and unknown, so the bronze ladder holds.", "De klant is nieuw en onbekend, dus geldt de bronzen ladder."),
}  # fmt: skip

_SINGULARS: Final = {
    "days": "day", "business days": "business day", "messages": "message",
    "dagen": "dag", "werkdagen": "werkdag", "berichten": "bericht",
}  # fmt: skip
_ONE: Final = re.compile(rf"(?<![\d.,])1 ({'|'.join(_SINGULARS)})\b")

_FIELD: Final = {"en": "the field", "nl": "het veld"}
_ENDLESS: Final = {"en": "further notice", "nl": "nader bericht"}


@lru_cache(maxsize=20_000)
def sentence(reason: Reason, *, language: str) -> str:
    """Write one reason as a sentence; Dutch for ``nl``, English for every other language."""
    tongue = "nl" if language == "nl" else "en"
    pair = _SENTENCES.get(reason.code)
    if pair is None:
        return f"{reason.code}: {', '.join(reason.facts)}" if reason.facts else reason.code
    text = pair[1] if tongue == "nl" else pair[0]
    for number, fact in enumerate(reason.facts):
        said = _said(fact, number, code=reason.code, tongue=tongue)
        text = text.replace(f"{{{number}^}}", said[:1].upper() + said[1:]).replace(f"{{{number}}}", said)
    return _ONE.sub(_singular, text.replace(" : .", ".").replace(": .", "."))


def _singular(found: re.Match[str]) -> str:
    return f"1 {_SINGULARS[found[1]]}"


@lru_cache(maxsize=20_000)
def one_sentence(reasons: tuple[Reason, ...], *, language: str) -> str:
    """Join reasons into the one sentence that a command carries."""
    return (
        "; ".join(
            text
            if n == 0 or text[1:2].isupper() or text.startswith("WhatsApp")
            else text[:1].lower() + text[1:]
            for n, text in enumerate(sentence(reason, language=language).rstrip(".") for reason in reasons)
        )
        + "."
    )


def _said(fact: str, number: int, *, code: str, tongue: str) -> str:
    if code.startswith("data."):
        known = data_word(fact, dutch=tongue == "nl") or _WORDS[tongue].get(fact)
        # A field without a name of ours is shown as it was told.
        return known or (f"{_FIELD[tongue]} {fact}" if code == "data.problem" and number == 0 else fact)
    # The day of a stop comes first, its cause second: without a cause nothing is said of it.
    return "" if fact == "" and number and code.startswith("stop.") else _fact(fact, tongue)


def _fact(fact: str, tongue: str) -> str:
    if fact == "":
        return _ENDLESS[tongue]
    word = _WORDS[tongue].get(fact)
    if word is not None:
        return word
    if len(fact) == 10 and fact[4:5] == "-" and fact[7:8] == "-":
        try:
            day = date.fromisoformat(fact)
        except ValueError:
            return fact
        return f"{day.day} {_MONTHS[tongue][day.month - 1]} {day.year}"
    return fact
