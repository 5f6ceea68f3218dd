"""A check that schemathesis does not have: what the document allows is never called undocumented."""

from typing import Any

import schemathesis

UNDOCUMENTED = "The request is not as documented"
"""How a refusal begins that is about the shape of a request; a rule that says no begins otherwise."""


@schemathesis.check
def documented_data_are_not_called_undocumented(
    _ctx: Any, response: schemathesis.Response, case: Any
) -> None:
    """A 422 may say that a rule forbids it; it may not say that data made by the document are no such data."""
    meta = case.meta
    if response.status_code != 422 or meta is None or not meta.generation.mode.is_positive:
        return
    if UNDOCUMENTED in response.json().get("detail", ""):
        raise AssertionError(f"The document allows what was refused as undocumented: {response.text}")
