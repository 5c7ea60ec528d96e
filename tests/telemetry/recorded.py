"""
What OpenTelemetry's own SDK has recorded, to be looked at by tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from belvo_async.clock import Clock
from belvo_async.telemetry import Telemetry


@attrs.frozen
class Point:
    """
    One value of a metric.

    Attributes:
        value: The sum, or the sum of what a histogram has got.

        count: How many values a histogram has got.
    """

    attributes: Mapping[str, Any]
    value: float
    count: int | None = None
    bounds: tuple[float, ...] = ()


class Recorded:
    """
    An SDK that keeps everything in memory.
    """

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tracer = self.tracer_provider.get_tracer("test")

    def telemetry(self, clock: Clock, **options: Any) -> Telemetry:
        """
        Return one that is recorded here.
        """
        return Telemetry(
            tracer_provider=self.tracer_provider, meter_provider=self.meter_provider, clock=clock, **options
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        """
        All spans that have ended, in that order.
        """
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        """
        Return the spans of that name.
        """
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """
        Return the only span of that name.
        """
        (span,) = self.named(name)
        return span

    def below(self, parent: ReadableSpan) -> list[ReadableSpan]:
        """
        Return the spans right below *parent*, in the order in which they began.
        """
        children = [span for span in self.spans if span.parent is not None and span.parent == parent.context]
        return sorted(children, key=lambda span: (span.start_time or 0, span.end_time or 0))

    def points(self, name: str) -> list[Point]:
        """
        Return the values of a metric; none where it was never used.
        """
        return [point for metric, point in self._points() if metric == name]

    def total(self, name: str) -> float:
        """
        Return the sum of all values of a metric.
        """
        return sum(point.value for point in self.points(name))

    @property
    def metrics(self) -> dict[str, Any]:
        """
        Every metric that has a value, with its unit and its description.
        """
        return {metric.name: metric for metric in self._metrics()}

    def _metrics(self) -> Iterator[Any]:
        data = self._reader.get_metrics_data()
        for resource in () if data is None else data.resource_metrics:
            for scope in resource.scope_metrics:
                yield from scope.metrics

    def _points(self) -> Iterator[tuple[str, Point]]:
        for metric in self._metrics():
            for point in metric.data.data_points:
                if hasattr(point, "sum"):
                    bounds = tuple(point.explicit_bounds)
                    yield metric.name, Point(point.attributes, point.sum, point.count, bounds)
                else:
                    yield metric.name, Point(point.attributes, point.value)

    def everything(self) -> Iterator[str]:
        """
        Yield all that anybody could read of it.
        """
        for span in self.spans:
            yield span.to_json()
        for metric in self._metrics():
            yield metric.to_json()


def seconds(span: ReadableSpan) -> float:
    """
    Return how long *span* took.
    """
    return ((span.end_time or 0) - (span.start_time or 0)) / 1e9
