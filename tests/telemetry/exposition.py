"""
What a Prometheus server would read, as the exporter of OpenTelemetry writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client.parser import text_string_to_metric_families as families_of


@contextmanager
def prometheus() -> Iterator[MeterProvider]:
    """
    Give a provider whose metrics `exposed()` shows.
    """
    provider = MeterProvider([PrometheusMetricReader()], shutdown_on_exit=False)
    try:
        yield provider
    finally:
        provider.shutdown()


def exposed(text: str) -> Mapping[str, set[str]]:
    """
    Return the labels of each series in *text*.
    """
    series: dict[str, set[str]] = {}
    for family in families_of(text):
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series
