"""Runs the toy's migrations, as every service's env.py does."""

from chassis.db.migrations import run_environment

run_environment()
