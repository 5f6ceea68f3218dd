"""A process that checks its schema reads file names: they must say what Alembic says."""

import pytest
from alembic.script import ScriptDirectory

from chassis.db.migrations import config_of
from chassis.db.schema import revisions, script_location
from tests.architecture.test_rooms import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_the_files_of_the_migrations_bear_their_revisions_in_their_order(service: str) -> None:
    location = script_location(f"{service}.migrations")
    scripts = ScriptDirectory.from_config(config_of(location))
    in_order = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert len(scripts.get_heads()) == 1
    assert revisions(location) == in_order
