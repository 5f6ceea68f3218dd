"""Marks what was said, so that the log holds changes only."""

from hashlib import blake2b

from scheduler.domain.decision import Decision


def mark_of(decision: Decision) -> bytes:
    """Return eight bytes that depend on the reasons (and the policy's version) alone."""
    digest = blake2b(digest_size=8)
    digest.update(f"{decision.policy_name}/{decision.policy_version}".encode())
    for said in decision.reasons:
        digest.update(f"\x1e{said.invoice_id}\x1f{said.verdict}".encode())
        for reason in said.reasons:
            digest.update(f"\x1d{reason.code}\x1c{chr(0x1B).join(reason.facts)}".encode())
    return digest.digest()
