"""Take in the scheduler's commands: messages become pending, tasks open, and tasks are cancelled or reassigned."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.kernel.errors import Rejected
from chassis.telemetry.logs import log
from notifier.domain.command import MESSAGE_ACTION, TASK_ACTIONS, Command
from notifier.domain.contact import MessageContact, TaskContact
from notifier.domain.delivery import State
from notifier.domain.parties import Party
from notifier.domain.task import Task
from notifier.usecases.ports import Key, Renderer, Work


async def accept_commands(work: Work, commands: Sequence[Command], *, renderer: Renderer) -> None:
    """Take in a batch in its order; a command seen before changes nothing."""
    messages = [command for command in commands if command.action == MESSAGE_ACTION]
    tasks = [command for command in commands if command.action in TASK_ACTIONS]
    words = [command for command in commands if command.action in {"CANCEL", "REASSIGN"}]
    if messages:
        await work.contacts.add(messages)
    if tasks:
        await _open_tasks(work, tasks, renderer=renderer)
    if words:
        await _speak_of_tasks(work, words)


async def _open_tasks(work: Work, commands: Sequence[Command], *, renderer: Renderer) -> None:
    parties = await work.parties.load({(c.creditor_id, c.customer_id) for c in commands})
    made = [
        _task_of(c, script=_script(c, party=parties[c.creditor_id, c.customer_id], renderer=renderer))
        for c in commands
    ]
    new = await work.tasks.add(made)
    seen: set[Key] = set()
    for task in made:
        # The same command twice within one batch is announced once.
        if task.key in new and task.key not in seen:
            seen.add(task.key)
            work.record(task.recorded(at=task.command.at))


def _script(command: Command, *, party: Party, renderer: Renderer) -> str:
    try:
        return renderer.script(command, party=party)
    except Rejected as error:
        # The work must be done all the same; its reason says what it is about.
        log(__name__).error("template_fault", template=command.template, exc_info=error)
        return command.reason


def _task_of(command: Command, *, script: str) -> TaskContact:
    task = Task(
        task_id=command.command_id,
        kind=command.action,
        customer_id=command.customer_id,
        invoice_ids=command.invoice_ids,
        step=command.step,
        due_at=command.at,
        assignee=command.assignee,
        reason=command.reason,
        reason_nl=command.reason_nl,
        script=script,
    )
    return TaskContact(command=command, task=task)


async def _speak_of_tasks(work: Work, commands: Sequence[Command]) -> None:
    keys = {(c.creditor_id, c.task_id) for c in commands}
    tasks = {task.key: task for task in await work.tasks.lock(keys)}
    changed: dict[Key, TaskContact] = {}
    for command in commands:
        before = tasks.get((command.creditor_id, command.task_id))
        if before is None or not before.task.is_open:
            continue
        after = _apply(before, command)
        tasks[before.key] = changed[before.key] = after
        if after.version != before.version:
            work.record(after.recorded(at=command.at))
    if changed:
        await work.tasks.save([changed[key] for key in sorted(changed)])
    await _cancel_messages(work, [c for c in commands if (c.creditor_id, c.task_id) not in tasks])


def _apply(before: TaskContact, command: Command) -> TaskContact:
    if command.action == "REASSIGN":
        return replace(before, task=before.task.reassign(command.assignee))
    return replace(
        before,
        task=before.task.cancel(),
        version=before.version + 1,
        outcome="SUPPRESSED",
        why=command.problem or "CANCELLED",
    )


async def _cancel_messages(work: Work, commands: Sequence[Command]) -> None:
    """Take back messages that nobody has begun to send; what is under way is past recall."""
    cancels = {(c.creditor_id, c.task_id): c for c in commands if c.action == "CANCEL"}
    if not cancels:
        return
    stopped: list[MessageContact] = []
    for contact in await work.contacts.lock(cancels):
        if contact.delivery.state is State.PENDING:
            command = cancels[contact.key]
            suppressed = contact.delivery.suppress(command.at, why=command.problem or "CANCELLED")
            stopped.append(contact.moved(suppressed))
    if stopped:
        await work.contacts.save(stopped)
        work.record(*(contact.recorded() for contact in stopped))
