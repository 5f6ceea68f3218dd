"""Marks what was said, so that the log holds changes only."""

from hashlib import blake2b

from scheduler.domain.decision import Decision

_BETWEEN = "\x1b"


def mark_of(decision: Decision) -> bytes:
    """Return eight bytes that depend on the reasons (and the policy's version) alone."""
    said = [f"{decision.policy_name}/{decision.policy_version}"]
    for invoice_id, verdict, reasons in decision.reasons:
        said += ("\x1e", invoice_id, "\x1f", verdict)
        for code, facts in reasons:
            said += ("\x1d", code, "\x1c", _BETWEEN.join(facts))
    return blake2b("".join(said).encode(), digest_size=8).digest()
