"""
Traces and metrics of a client, for OpenTelemetry. Needs the extra `otel`, and an SDK that the program sets up.

    client = BelvoClient.from_env(observers=[Telemetry()])

`names` has every span, attribute and metric as data, `targets` says where a request goes, `spans` has what one session
leaves behind, and `telemetry` listens.
"""

from __future__ import annotations

from belvo_async.errors import MissingExtraError


try:
    from belvo_async.telemetry.telemetry import Telemetry
except ModuleNotFoundError as error:
    raise MissingExtraError.for_module(error, "otel") from None


__all__ = ["Telemetry"]
