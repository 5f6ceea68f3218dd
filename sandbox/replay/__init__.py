"""Replays an ERP's event stream on the sandbox clock, tells what came of it, and judges it."""
