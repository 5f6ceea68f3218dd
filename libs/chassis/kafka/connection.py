"""How every client of the broker connects: address, encryption, identity."""

import ssl
from collections.abc import Mapping
from typing import Any

from aiokafka.helpers import create_ssl_context
from typing_extensions import override

from chassis.settings import ServiceSettings, load


class BrokerSettings(ServiceSettings):
    """What a command that is no service is told: how to reach the broker, and nothing that it would lack."""

    @classmethod
    @override
    def missing(cls, given: Mapping[str, object]) -> list[str]:
        """Ask for nothing: a command has no database and no callers."""
        del given
        return []


def broker_settings() -> BrokerSettings:
    """Read them from the environment; every fault is written to standard error, then exit status 2."""
    return load(BrokerSettings, service="broker")


def command_options(settings: BrokerSettings) -> dict[str, Any]:
    """Return the arguments of a command's clients, which may wait as long as their library has it; raises OSError."""
    options = connection_options(settings)
    del options["request_timeout_ms"]
    return options


def connection_options(settings: ServiceSettings) -> dict[str, Any]:
    """Return the arguments that producers, consumers and the admin client share."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security_protocol,
        "request_timeout_ms": int(settings.kafka_request_s_max * 1000),
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = _tls(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def _tls(settings: ServiceSettings) -> ssl.SSLContext:
    if settings.kafka_ca_file is None:
        return ssl.create_default_context()
    context: ssl.SSLContext = create_ssl_context(cafile=str(settings.kafka_ca_file))
    return context
