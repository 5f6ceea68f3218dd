"""The one kind of failure people see: a sentence that says what is wrong and what to do."""


class StackProblem(Exception):
    """Something a person can mend; its message is one whole sentence, shown without a traceback."""
