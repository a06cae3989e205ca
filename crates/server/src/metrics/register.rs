//! Making handles of metrics with a recorder of our own. Nothing global: several servers in one
//! process don't share a count.

use metrics::{
    Counter, Gauge, Histogram, Key, Label as Pair, Level, Metadata, Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use super::{
    catalogue::{CATALOGUE, Kind, Metric},
    label::{AgentState, Label},
};

const METADATA: Metadata<'static> = Metadata::new("switchboard", Level::INFO, None);

/// A recorder that knows every metric's buckets and help.
pub(super) fn recorder() -> PrometheusRecorder {
    let recorder = CATALOGUE.iter().fold(PrometheusBuilder::new(), with_buckets).build_recorder();
    for metric in CATALOGUE {
        describe(&recorder, metric);
    }
    recorder
}

fn with_buckets(builder: PrometheusBuilder, metric: &Metric) -> PrometheusBuilder {
    let Kind::Histogram(bounds) = metric.kind else { return builder };
    // Refused for an empty list alone, and a test looks at every histogram's buckets.
    builder
        .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds)
        .unwrap_or_default()
}

fn describe(recorder: &PrometheusRecorder, metric: &Metric) {
    let (name, help) = (metric.name.into(), SharedString::const_str(metric.help));
    let unit = (metric.unit == "seconds").then_some(Unit::Seconds);
    match metric.kind {
        Kind::Counter => recorder.describe_counter(name, unit, help),
        Kind::Gauge => recorder.describe_gauge(name, unit, help),
        Kind::Histogram(_) => recorder.describe_histogram(name, unit, help),
    }
}

/// A metric's handles, one for each value of its label, found by the value's place.
#[derive(Debug)]
pub(super) struct Family<H>(Box<[H]>);

impl<H> Family<H> {
    /// The handle of a value; none where it is not one that is counted.
    pub(super) fn of(&self, value: impl Label) -> Option<&H> {
        self.0.get(value.index())
    }
}

/// Registers handles; each is there at zero from then on.
pub(super) struct Registrar<'r>(pub(super) &'r PrometheusRecorder);

impl Registrar<'_> {
    pub(super) fn counter(&self, metric: Metric) -> Counter {
        self.0.register_counter(&Key::from_static_name(metric.name), &METADATA)
    }

    pub(super) fn gauge(&self, metric: Metric) -> Gauge {
        self.0.register_gauge(&Key::from_static_name(metric.name), &METADATA)
    }

    pub(super) fn histogram(&self, metric: Metric) -> Histogram {
        self.0.register_histogram(&Key::from_static_name(metric.name), &METADATA)
    }

    pub(super) fn counters<L: Label>(&self, metric: Metric) -> Family<Counter> {
        let register = |key: Key| self.0.register_counter(&key, &METADATA);
        Family(keys::<L>(metric).into_iter().map(register).collect())
    }

    pub(super) fn gauges<L: Label>(&self, metric: Metric) -> Family<Gauge> {
        let register = |key: Key| self.0.register_gauge(&key, &METADATA);
        Family(keys::<L>(metric).into_iter().map(register).collect())
    }

    /// The one family with two labels.
    pub(super) fn agents(&self, metric: Metric) -> Family<Gauge> {
        let register = |state: AgentState| {
            let pairs = vec![
                Pair::new("availability", state.availability_text()),
                Pair::new("present", state.present_text()),
            ];
            self.0.register_gauge(&Key::from_parts(metric.name, pairs), &METADATA)
        };
        Family(AgentState::all().into_iter().map(register).collect())
    }

    /// A gauge that says what it says by its labels.
    pub(super) fn info(&self, metric: Metric) -> Gauge {
        let pair = |label: &super::catalogue::LabelSpec| {
            Pair::new(label.name, (label.values)().into_iter().next().unwrap_or_default())
        };
        let pairs: Vec<Pair> = metric.labels.iter().map(pair).collect();
        self.0.register_gauge(&Key::from_parts(metric.name, pairs), &METADATA)
    }
}

/// One key for each value of a metric's one label.
fn keys<L: Label>(metric: Metric) -> Vec<Key> {
    let label = metric.labels.first().map_or("", |label| label.name);
    let key = |value: L| Key::from_parts(metric.name, vec![Pair::new(label, value.text())]);
    L::all().into_iter().map(key).collect()
}
