"""The real servers that the test rings stand on."""

from pathlib import Path

import asyncpg
import pytest
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from sandbox.stack.databases import Database
from tests.support.servers import Databases, Topics

COMPOSE = Path(__file__).resolve().parents[3] / "deploy" / "compose.yaml"


async def _table_of_the_owner(database: Database) -> None:
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute("CREATE TABLE debtor (id bigserial PRIMARY KEY, name text)")
    await connection.execute("INSERT INTO debtor (name) VALUES ('Jansen')")
    await connection.close()


async def test_the_working_roles_work_with_rows_but_cannot_change_the_schema(
    empty_database: Database,
) -> None:
    await _table_of_the_owner(empty_database)
    for count, url in enumerate((empty_database.url, empty_database.api_url), start=2):
        connection = await asyncpg.connect(url)
        await connection.execute("INSERT INTO debtor (name) VALUES ('Bakker')")
        assert await connection.fetchval("SELECT count(*) FROM debtor") == count
        for change in ("CREATE TABLE another (id int)", "DROP TABLE debtor", "TRUNCATE debtor"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
        await connection.close()


async def test_one_service_cannot_open_the_database_of_another(databases: Databases) -> None:
    async with databases.empty("probe") as ours, databases.empty("stranger") as theirs:
        trespass = ours.url.replace(ours.name, theirs.name)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(trespass)


async def test_row_level_security_binds_the_role_of_the_api_and_not_that_of_the_consumer(
    empty_database: Database,
) -> None:
    await _table_of_the_owner(empty_database)
    owner = await asyncpg.connect(empty_database.owner_url)
    await owner.execute("ALTER TABLE debtor ENABLE ROW LEVEL SECURITY")
    await owner.execute("CREATE POLICY nobody ON debtor USING (false)")
    await owner.close()
    for url, seen in ((empty_database.api_url, 0), (empty_database.url, 1)):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT count(*) FROM debtor") == seen
        await connection.close()


async def test_a_copied_database_has_the_rows_and_rights_of_its_template_and_is_apart_from_it(
    databases: Databases,
) -> None:
    for _ in range(2):
        async with databases.fresh("probe", migrate=_table_of_the_owner) as database:
            connection = await asyncpg.connect(database.url)
            assert await connection.fetchval("SELECT count(*) FROM debtor") == 1
            await connection.execute("DELETE FROM debtor")
            await connection.close()


async def test_a_record_written_is_read_from_a_topic_of_the_tests_own(bootstrap: str, topics: Topics) -> None:
    name = await topics.create("echo")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait(name, b"hello", key=b"k")
    await producer.stop()
    consumer = AIOKafkaConsumer(name, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    assert (record.key, record.value) == (b"k", b"hello")


async def test_the_broker_never_forgets_what_was_put_back_of_dead_letters_that_are_kept_for_ever(
    bootstrap: str,
) -> None:
    name = "offsets.retention.minutes"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs(
            [ConfigResource(ConfigResourceType.BROKER, "1", {name: None})]
        )
    finally:
        await admin.close()
    forever = 2**31 - 1
    assert {setting[0]: setting[1] for resource in answer.resources for setting in resource[4]} == {
        name: str(forever)
    }
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert compose["services"]["kafka"]["environment"]["KAFKA_OFFSETS_RETENTION_MINUTES"] == forever
