"""The numbers of the server in the words of Prometheus."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.base import reading
from services import meters
from services.gauges import Gauge, Values, read_gauges
from services.health import broker_counts
from services.meter_layout import Family
from services.meters import Sample

WORKER_STATES = ("starting", "started", "busy", "idle", "suspended")


def metrics_text(engine: Engine, redis_url: str | None, folder: str) -> bytes:
    """All numbers there are at this moment. A part that is away is told by its own number, the
    others are told all the same."""
    registry = CollectorRegistry()
    registry.register(_Collector(engine, redis_url, folder))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, engine: Engine, redis_url: str | None, folder: str) -> None:
        self._engine = engine
        self._redis_url = redis_url
        self._folder = folder

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked when this is registered, only when it is read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        for family, samples in meters.read():
            yield _metered(family, samples)
        yield from self._database()
        yield from self._broker()
        usage = shutil.disk_usage(self._folder)
        yield _gauge(Gauge.one("disk_free_bytes", "Free in the instance folder", usage.free))

    def _database(self) -> Iterator[Metric]:
        gauges: list[Gauge] = []
        # That it does not answer is told by the gauge below.
        with suppress(SQLAlchemyError), reading(), self._engine.connect() as connection:
            gauges = read_gauges(connection)
        is_up = float(bool(gauges))
        yield _gauge(Gauge.one("database_up", "Whether the database answers", is_up))
        yield from map(_gauge, gauges)

    def _broker(self) -> Iterator[Metric]:
        found = broker_counts(self._redis_url)
        yield _gauge(Gauge.one("broker_up", "Whether the broker answers", float(found is not None)))
        if found is None:
            return
        jobs: Values = {("calls",): float(found.jobs)}
        yield _gauge(Gauge("queue_jobs", "Jobs that wait in the broker", ("kind",), jobs))
        states: Values = {(state,): float(found.workers.get(state, 0)) for state in WORKER_STATES}
        yield _gauge(Gauge("workers", "Workers by what they do", ("state",), states))
        told = "Age of the oldest last sign of a worker"
        yield _gauge(Gauge.one("worker_sign_age_seconds", told, max(0.0, found.oldest_sign)))


def _metered(family: Family, samples: list[Sample]) -> Metric:
    labels = [name for name, _ in family.labels]
    made: Any
    if family.buckets:
        made = HistogramMetricFamily(family.name, family.text, labels=labels)
        edges = [*map(str, family.buckets), "+Inf"]
        for sample in samples:
            buckets = list(zip(edges, sample.buckets or (0.0,) * len(edges), strict=True))
            made.add_metric(sample.labels, buckets, sample.total)
        return made
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    made = kind(family.name, family.text, labels=labels)
    for sample in samples:
        made.add_metric(sample.labels, sample.value)
    return made


def _gauge(gauge: Gauge) -> Metric:
    made = GaugeMetricFamily(gauge.name, gauge.text, labels=gauge.labels)
    for labels, value in gauge.values.items():
        made.add_metric(labels, value)
    return made
