"""Builds the notifier: settings, providers, use cases, doors. The only place where anything is built."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from chassis.db.notice import Notice
from chassis.db.unit_of_work import Unit
from chassis.faults import fault_point
from chassis.http.client import ServiceClient
from chassis.http.tokens import ServiceToken
from chassis.kernel.clock import Clock
from chassis.parts import Parts, connected
from chassis.rest import Pending
from chassis.service import Restoring, Service
from chassis.settings import load
from notifier.adapters.gate import InvoicesGate
from notifier.adapters.letters import LetterFolder, LetterService
from notifier.adapters.mail_log import MailLog
from notifier.adapters.metrics import PrometheusMeters
from notifier.adapters.reading import PostgresReader, ambiguous_since, next_attempt_at, under_way
from notifier.adapters.redirect import Redirected
from notifier.adapters.restoring import put_back
from notifier.adapters.smtp import SmtpMail, SmtpServer
from notifier.adapters.templates import TemplateRenderer
from notifier.adapters.twilio import TwilioAccount, TwilioSms
from notifier.adapters.webhooks import EmailWebhook, TwilioWebhook, WhatsAppWebhook
from notifier.adapters.whatsapp import WhatsApp, WhatsAppAccount
from notifier.adapters.work import PostgresWork, PostgresWorks
from notifier.domain.consent import MESSAGE_CHANNELS
from notifier.entrypoints.consumer import CLOCK_TOPIC, TOPICS, Consumer, check
from notifier.entrypoints.http_consent import consent_router
from notifier.entrypoints.http_contacts import contacts_router
from notifier.entrypoints.http_tasks import tasks_router
from notifier.entrypoints.http_webhooks import webhooks_router
from notifier.entrypoints.ticks import Helper, Lane, Sender
from notifier.settings import Settings
from notifier.usecases.ports import Provider, Webhook
from notifier.usecases.recover_sending import RecoverSending
from notifier.usecases.send_due import SendDue

SANDBOX_SENDER = "debiteuren@velvet.example"


@asynccontextmanager
async def build(role: str) -> AsyncIterator[Service]:
    """Build the service for one role, from the environment."""
    settings = load(Settings, service="notifier")
    async with built(settings, role=role) as service:
        yield service


@asynccontextmanager
async def built(settings: Settings, *, role: str = "all") -> AsyncIterator[Service]:
    """Build the service from settings."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(connected(settings))
        providers = _providers(settings, stack=stack)
        token = ServiceToken(settings)
        client = await stack.enter_async_context(ServiceClient(settings.invoices_url, token=token))
        yield _service(settings, parts=parts, providers=providers, client=client, role=role)


def _service(
    settings: Settings,
    *,
    parts: Parts,
    providers: Mapping[str, Provider],
    client: ServiceClient,
    role: str,
) -> Service:
    default_sender = settings.sender_email or (SANDBOX_SENDER if settings.sandbox else "")
    works = PostgresWorks(parts.database, default_sender=default_sender)
    reader, meters, renderer = PostgresReader(parts.database), PrometheusMeters(), TemplateRenderer()
    full = Notice()
    send_due = SendDue(
        works=works,
        gate=InvoicesGate(client),
        renderer=renderer,
        providers=providers,
        clock=parts.clock,
        meters=meters,
        owner=_owner(settings, role=role),
        fault_point=fault_point,
        when_full=full.ring,
    )
    lanes = _lanes(send_due, recover=RecoverSending(works=works, providers=providers))
    sender = Sender(lanes[0], reader=reader, clock=parts.clock, poll_s=settings.sender_poll_s)
    helper = Helper(lanes[1], full=full, poll_s=settings.sender_poll_s)
    consumer = Consumer(
        work_of=partial(PostgresWork, default_sender=default_sender),
        renderer=renderer,
        on_commands=sender.expect,
    )
    stopping = asyncio.Event()
    return Service(
        name="notifier",
        settings=settings,
        database=parts.database,
        clock=parts.clock,
        progress=parts.progress,
        routers=(
            contacts_router(reader),
            tasks_router(reader=reader, works=works, clock=parts.clock),
            consent_router(reader=reader, works=works, clock=parts.clock),
            webhooks_router(webhooks=_webhooks(settings), works=works, clock=parts.clock, meters=meters),
        ),
        consumes=TOPICS | {CLOCK_TOPIC},
        handle=consumer.handle,
        check=check,
        on_time=_nothing_by_itself,
        next_change_at=partial(_next_change_at, clock=parts.clock),
        background=tuple(
            partial(loop, stopping=stopping, committed=parts.database.committed)
            for loop in (sender.run, helper.run)
        ),
        pending=Pending(
            partial(_pending, clock=parts.clock, meters=meters), lambda: any(lane.is_busy for lane in lanes)
        ),
        measure=partial(_measure, clock=parts.clock, meters=meters),
        restoring=Restoring(rows=put_back),
        stopping=stopping,
    )


def _lanes(first: SendDue, *, recover: RecoverSending) -> list[Lane]:
    # The second takes the first one's lock along, and a name of its own: what a dead lane held is told by its name.
    second = replace(first, owner=f"{first.owner}/2", when_full=lambda: None)
    return [Lane(send_due=send_due, recover=recover) for send_due in (first, second)]


def _owner(settings: Settings, *, role: str) -> str:
    """Name this process in the rows that it holds: the same after a restart, if the replica has a name."""
    return f"{settings.instance_id}/{role}" if settings.instance_id != "none" else f"{os.getpid()}/{role}"


async def _nothing_by_itself(unit: Unit, now: datetime) -> int:
    """Time alone changes no row: the sender takes up what is due."""
    del unit, now
    return 0


async def _next_change_at(unit: Unit, *, clock: Clock) -> datetime | None:
    now = clock.now()
    return None if now is None else await next_attempt_at(unit.connection, now=now)


async def _pending(unit: Unit, *, clock: Clock, meters: PrometheusMeters) -> int:
    now = clock.now()
    count = 0 if now is None else await under_way(unit.connection, now=now)
    meters.pending(count)
    return count


async def _measure(unit: Unit, *, clock: Clock, meters: PrometheusMeters) -> None:
    now = clock.now()
    if now is not None:
        meters.ambiguous(await ambiguous_since(unit.connection, now - timedelta(days=7)))


def _webhooks(settings: Settings) -> dict[str, Webhook]:
    return {
        "twilio": TwilioWebhook(
            public_url=settings.own_public_url,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            allow_unsigned=settings.sandbox,
        ),
        "whatsapp": WhatsAppWebhook(
            app_secret=settings.whatsapp_app_secret.get_secret_value(),
            verify_token=settings.whatsapp_verify_token.get_secret_value(),
            allow_unsigned=settings.sandbox,
        ),
        "email": EmailWebhook(
            secret=settings.email_webhook_secret.get_secret_value(), allow_unsigned=settings.sandbox
        ),
    }


def _providers(settings: Settings, *, stack: AsyncExitStack) -> dict[str, Provider]:
    """Build the channels that have what they need; in a trial run all of them become mail to one address."""
    log = MailLog(settings.mail_log_url) if settings.mail_log_url else None
    mail = SmtpMail(SmtpServer.of(_smtp_url(settings)), tag_replies=settings.reply_tags, log=log)
    stack.push_async_callback(mail.close)
    if log is not None:
        stack.push_async_callback(log.close)
    if settings.redirect_all_to:
        return dict.fromkeys(MESSAGE_CHANNELS, Redirected(mail, to=settings.redirect_all_to))
    found: dict[str, Provider] = {"EMAIL": mail}
    if settings.twilio_account_sid:
        sms = TwilioSms(_twilio(settings), timeout_s=settings.provider_timeout_s)
        stack.push_async_callback(sms.close)
        found["SMS"] = sms
    if settings.whatsapp_phone_number_id:
        whatsapp = WhatsApp(_whatsapp(settings), timeout_s=settings.provider_timeout_s)
        stack.push_async_callback(whatsapp.close)
        found["WHATSAPP"] = whatsapp
    if settings.letter_base_url:
        letters = LetterService(settings.letter_base_url, token=settings.letter_token.get_secret_value())
        stack.push_async_callback(letters.close)
        found["LETTER"] = letters
    else:
        found["LETTER"] = LetterFolder(settings.letter_folder)
    return found


def _smtp_url(settings: Settings) -> str:
    return settings.smtp_url.get_secret_value() or "smtp://127.0.0.1:10025"


def _twilio(settings: Settings) -> TwilioAccount:
    return TwilioAccount(
        base_url=settings.twilio_base_url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        public_url=settings.own_public_url,
    )


def _whatsapp(settings: Settings) -> WhatsAppAccount:
    return WhatsAppAccount(
        base_url=settings.whatsapp_base_url,
        phone_number_id=settings.whatsapp_phone_number_id,
        token=settings.whatsapp_token.get_secret_value(),
        template_prefix=settings.whatsapp_template_prefix,
    )
