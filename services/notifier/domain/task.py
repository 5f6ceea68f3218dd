"""Work for a person: call tasks, decisions, hand-overs and details that need mending."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chassis.kernel.errors import Conflict


class TaskState(StrEnum):
    """OPEN until somebody has done it or it is no longer needed."""

    OPEN = "OPEN"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Task:
    """One task; never extended: a step that comes due on another invoice makes a task of its own."""

    task_id: str
    kind: str
    """CALL, DECISION, HANDOVER or DATA_QUALITY."""
    customer_id: str
    invoice_ids: tuple[str, ...]
    step: str
    due_at: datetime
    assignee: str
    reason: str
    reason_nl: str
    script: str
    state: TaskState = TaskState.OPEN

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do it."""
        return self.state is TaskState.OPEN

    def reassign(self, assignee: str) -> "Task":
        """Give it to somebody else; a task that is closed stays as it is."""
        return replace(self, assignee=assignee) if self.is_open else self

    def cancel(self) -> "Task":
        """Close it because it is no longer needed; a task that is closed stays as it is."""
        return replace(self, state=TaskState.CANCELLED) if self.is_open else self

    def finish(self) -> "Task":
        """Close it as done; raises Conflict when it is closed already."""
        if not self.is_open:
            raise Conflict(f"task {self.task_id} is {self.state} already; nothing was recorded")
        return replace(self, state=TaskState.DONE)
