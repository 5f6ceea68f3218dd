"""What the scheduler's API answers and takes: the names of contract section 4."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.http.shapes import word
from scheduler.domain.decision import Action
from scheduler.domain.sentences import one_sentence, sentence
from scheduler.domain.words import Channel, Deed, Tone
from scheduler.usecases.explain_invoice import Explanation
from scheduler.usecases.list_upcoming import Upcoming
from scheduler.usecases.plan_invoice import PlanItem
from scheduler.usecases.ports import PolicyRecord


class PolicyName(BaseModel):
    """A policy in one version."""

    name: str
    version: int


class PlanEntry(BaseModel):
    """One step to come."""

    at: datetime
    step: str
    channel: Annotated[str, word("", *Channel)]
    tone: Annotated[str, word("", *Tone)]
    reason: str
    reason_nl: str
    action: Annotated[str, word(*Deed)]
    invoice_ids: list[str]


class Plan(BaseModel):
    """What comes next for an invoice."""

    invoice_id: str
    items: list[PlanEntry]


class ExplanationAnswer(BaseModel):
    """Why, or why not."""

    invoice_id: str
    on: date | None
    decision: Literal["ACT", "WAIT", "STOP"]
    reasons: list[str]
    reasons_nl: list[str]
    policy: PolicyName


class UpcomingEntry(BaseModel):
    """A customer and what comes next for them."""

    customer_id: str
    at: datetime
    actions: list[PlanEntry]


class OutreachSetting(BaseModel):
    """Whether reminders go out."""

    automatic: Literal["ON", "SHADOW", "OFF"]


class ClockSetting(BaseModel):
    """What time the sandbox is to have: RFC 3339 with an offset."""

    now: Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]


class ClockAnswer(BaseModel):
    """What time it is in the sandbox; null before it was told."""

    now: datetime | None


class AdvancedAnswer(BaseModel):
    """What a move of the clock did."""

    now: datetime
    commands: int
    outcomes: int


class PolicyAnswer(BaseModel):
    """A policy as data."""

    model_config = ConfigDict(extra="allow")

    name: str
    version: int
    author: str
    created_at: datetime | None


class SimulationRequest(BaseModel):
    """A policy to try on today's portfolio."""

    name: Literal["gold", "silver", "bronze"]
    policy: dict[str, Any]
    days: StrictInt = 30


class SimulatedStep(BaseModel):
    """How often a step would be carried out by a channel."""

    step: str
    channel: str
    present: int
    tried: int


class SimulationAnswer(BaseModel):
    """The present policy beside the tried one."""

    customers: int
    days: int
    steps: list[SimulatedStep]


def plan_entry(at: datetime, action: Action) -> PlanEntry:
    """Return one action as people read it."""
    return PlanEntry(
        at=at,
        step=action.step.name if action.step else "",
        channel=str(action.channel),
        tone=str(action.tone),
        reason=one_sentence(action.reasons, language="en"),
        reason_nl=one_sentence(action.reasons, language="nl"),
        action=action.deed.value,
        invoice_ids=list(action.own),
    )


def plan_answer(invoice_id: str, items: list[PlanItem]) -> Plan:
    """Return the plan."""
    return Plan(invoice_id=invoice_id, items=[plan_entry(item.at, item.action) for item in items])


def upcoming_entry(item: Upcoming) -> UpcomingEntry:
    """Return one line of the list."""
    actions = [plan_entry(item.at, action) for action in item.actions]
    return UpcomingEntry(customer_id=item.customer_id, at=item.at, actions=actions)


def explanation_answer(found: Explanation) -> ExplanationAnswer:
    """Return the explanation, each reason as a sentence."""
    return ExplanationAnswer(
        invoice_id=found.invoice_id,
        on=found.on,
        decision=found.said.verdict.value,
        reasons=[sentence(reason, language="en") for reason in found.said.reasons],
        reasons_nl=[sentence(reason, language="nl") for reason in found.said.reasons],
        policy=PolicyName(name=found.policy_name, version=found.policy_version),
    )


def policy_answer(record: PolicyRecord) -> PolicyAnswer:
    """Return a policy with its data beside its name and version."""
    return PolicyAnswer.model_validate(
        {
            **record.data,
            "name": record.name,
            "version": record.version,
            "author": record.author,
            "created_at": record.created_at,
        }
    )
