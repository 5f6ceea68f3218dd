"""Runs the classifier's migrations on the connection that the migrate role hands over."""

from chassis.db.migrations import run_environment

run_environment()
