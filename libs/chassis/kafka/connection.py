"""How every client of the broker connects: address, encryption, identity."""

import ssl
from typing import Any

from aiokafka.helpers import create_ssl_context

from chassis.settings import ServiceSettings


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
