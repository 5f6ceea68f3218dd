"""The local stack: PostgreSQL, Kafka, the four services and the inbox, without Docker and without root."""

from sandbox.stack.problem import StackProblem
from sandbox.stack.stack import Choice, Stack

__all__ = ["Choice", "Stack", "StackProblem"]
