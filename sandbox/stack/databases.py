"""Databases and roles: the owner migrates, the application works for all creditors, the API for its callers."""

from dataclasses import dataclass

import asyncpg

from sandbox.stack.postgres import PostgresServer

# Roles belong to the whole server: two databases made at once must not both create them.
_ROLES_LOCK = 7_305_511


@dataclass(frozen=True, slots=True)
class Database:
    """The addresses of one service's database."""

    name: str
    url: str
    """For the consumer, the relay and the ticks: rows only, those of every creditor (BYPASSRLS)."""
    api_url: str
    """For what answers callers: rows only, subject to row-level security."""
    owner_url: str
    """For the migrate role: owns the database and its schema."""


async def create_database(server: PostgresServer, service: str, *, name: str | None = None) -> Database:
    """Create the database of a service with its three roles, or find it if it is there already."""
    database = name or service
    owner, app, api = f"{service}_owner", f"{service}_app", f"{service}_api"
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ROLES_LOCK)
        for role in (owner, app, api):
            await _create_role(connection, role, server.password(role))
        await connection.execute(f'ALTER ROLE "{app}" BYPASSRLS')
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database)
        if not known:
            await connection.execute(f'CREATE DATABASE "{database}" OWNER "{owner}"')
        await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        await connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{app}", "{api}"')
    finally:
        await connection.close()
    await _grant(server, database, owner=owner, workers=f'"{app}", "{api}"')
    return database_of(server, service, name=database)


async def copy_database(server: PostgresServer, template: Database, *, service: str, name: str) -> Database:
    """Create a database as a copy of another, rows and rights included; nobody may be connected to the template."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        # Copying files beats writing them to the log again, for databases as small as these.
        strategy = f'TEMPLATE "{template.name}" STRATEGY file_copy'
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{service}_owner" {strategy}')
    finally:
        await connection.close()
    return database_of(server, service, name=name)


async def drop_database(server: PostgresServer, name: str) -> None:
    """Drop a database, its connections first."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def database_of(server: PostgresServer, service: str, *, name: str | None = None) -> Database:
    """Return the addresses of a service's database, whether it exists already or not."""
    name = name or service
    return Database(
        name=name,
        url=server.url(name, role=f"{service}_app"),
        api_url=server.url(name, role=f"{service}_api"),
        owner_url=server.url(name, role=f"{service}_owner"),
    )


async def _create_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Create a role that may log in and do nothing else."""
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        return
    # CREATE ROLE takes no bound parameters, so the server quotes the literal itself.
    literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f'CREATE ROLE "{role}" LOGIN PASSWORD {literal}')


async def _grant(server: PostgresServer, database: str, *, owner: str, workers: str) -> None:
    """Give the schema to the owner, and the rows of its tables, those to come too, to the working roles."""
    connection = await asyncpg.connect(server.url(database))
    future = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" GRANT'
    try:
        await connection.execute(f'ALTER SCHEMA public OWNER TO "{owner}"')
        await connection.execute(f"GRANT USAGE ON SCHEMA public TO {workers}")
        for given in ("SELECT, INSERT, UPDATE, DELETE ON {} TABLES", "USAGE, SELECT ON {} SEQUENCES"):
            await connection.execute(f"{future} {given.format('')} TO {workers}")
            # A database of an earlier release has tables already, and may lack a role.
            await connection.execute(f"GRANT {given.format('ALL')} IN SCHEMA public TO {workers}")
    finally:
        await connection.close()
