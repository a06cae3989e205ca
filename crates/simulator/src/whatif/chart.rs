//! Plots as inline SVG: lines over an axis, and dots in rows. Colours are the page's, by class.
//!
//! Owns shapes and ticks. What is plotted, the page says.

use std::fmt::Write;

use super::words::duration;

/// The size of a plot, in its own units; it is scaled to the page.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 300.0;
/// Room for the axes.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BELOW: f64 = 46.0;
/// The height of a row of dots.
const ROW: f64 = 30.0;
/// How far from each other, up and down, dots of one row lie at most.
const SPREAD: f64 = 12.0;
/// How wide a label of a row may be.
const LABEL: f64 = 150.0;
const LABEL_CHARS: usize = 20;
/// About so many ticks.
const TICKS: f64 = 6.0;

/// What an axis counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    Count,
    Share,
    Duration,
}

/// One line of a plot.
pub(super) struct Line {
    /// The class of its colour.
    pub(super) class: String,
    pub(super) name: String,
    /// In order of `x`.
    pub(super) points: Vec<(f64, f64)>,
    /// A value lasts until the next one.
    pub(super) steps: bool,
}

/// An axis: what it counts, how far, and what stands at it.
pub(super) struct Axis {
    pub(super) unit: Unit,
    pub(super) max: f64,
    pub(super) title: &'static str,
}

/// Lines over a horizontal axis.
pub(super) fn lines(label: &str, x: &Axis, y: &Axis, lines: &[Line]) -> String {
    let (x_step, y_step) = (step(x.unit, x.max), step(y.unit, y.max));
    let x_max = x.max.max(f64::MIN_POSITIVE);
    let y_max = (y.max / y_step).ceil().max(1.0) * y_step;
    let at_x = |value: f64| LEFT + value / x_max * (WIDTH - LEFT - RIGHT);
    let at_y = |value: f64| HEIGHT - BELOW - value / y_max * (HEIGHT - BELOW - TOP);
    let mut svg = opened(label, HEIGHT);
    for tick in ticks(y_step, y_max) {
        let (at, text) = (at_y(tick), said(y.unit, tick, y_step));
        let _ = write!(
            svg,
            r#"<line class="grid" x1="{LEFT}" x2="{:.1}" y1="{at:.1}" y2="{at:.1}"/><text class="tick end" x="{:.1}" y="{:.1}">{text}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    for tick in ticks(x_step, x_max) {
        let (at, text) = (at_x(tick), said(x.unit, tick, x_step));
        let _ = write!(
            svg,
            r#"<text class="tick mid" x="{at:.1}" y="{:.1}">{text}</text>"#,
            HEIGHT - BELOW + 18.0
        );
    }
    let _ = write!(
        svg,
        r#"<text class="axis mid" x="{:.1}" y="{:.1}">{}</text>"#,
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0,
        x.title
    );
    for line in lines {
        let path = path(line, at_x, at_y);
        let _ = write!(
            svg,
            r#"<path class="line {}" d="{path}"><title>{}</title></path>"#,
            line.class, line.name
        );
    }
    svg.push_str("</svg>");
    svg
}

fn path(line: &Line, at_x: impl Fn(f64) -> f64, at_y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for (index, (x, y)) in line.points.iter().enumerate() {
        let (x, y) = (at_x(*x), at_y(*y));
        let _ = match (index, line.steps) {
            (0, _) => write!(path, "M{x:.1} {y:.1}"),
            (_, true) => write!(path, "H{x:.1}V{y:.1}"),
            (_, false) => write!(path, "L{x:.1} {y:.1}"),
        };
    }
    path
}

/// One row of dots.
pub(super) struct Dots {
    pub(super) name: String,
    pub(super) dots: Vec<Dot>,
}

/// A dot.
pub(super) struct Dot {
    /// The class of its colour.
    pub(super) class: String,
    pub(super) what: String,
    pub(super) value: f64,
    /// How far up or down in its row, −½ … ½, so that none hides another; none: it is a broad one
    /// in the middle, and the others lie on it.
    pub(super) lane: Option<f64>,
}

/// Rows of dots over one axis.
pub(super) fn dots(label: &str, x: &Axis, rows: &[Dots]) -> String {
    let x_step = step(x.unit, x.max);
    let x_max = (x.max / x_step).ceil().max(1.0) * x_step;
    let height = TOP + rows.len() as f64 * ROW + BELOW;
    let at_x = |value: f64| LABEL + value / x_max * (WIDTH - LABEL - RIGHT - 8.0);
    let bottom = height - BELOW;
    let mut svg = opened(label, height);
    for tick in ticks(x_step, x_max) {
        let (at, text) = (at_x(tick), said(x.unit, tick, x_step));
        let _ = write!(
            svg,
            r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="{TOP}" y2="{bottom:.1}"/><text class="tick mid" x="{at:.1}" y="{:.1}">{text}</text>"#,
            bottom + 18.0
        );
    }
    let _ = write!(
        svg,
        r#"<text class="axis mid" x="{:.1}" y="{:.1}">{}</text>"#,
        (LABEL + WIDTH - RIGHT) / 2.0,
        height - 8.0,
        x.title
    );
    for (index, row) in rows.iter().enumerate() {
        row_of_dots(row, TOP + (index as f64 + 0.5) * ROW, at_x, &mut svg);
    }
    svg.push_str("</svg>");
    svg
}

fn row_of_dots(row: &Dots, y: f64, at_x: impl Fn(f64) -> f64, svg: &mut String) {
    let mut name: String = row.name.chars().take(LABEL_CHARS).collect();
    if name.len() < row.name.len() {
        name.push('…');
    }
    let _ = write!(
        svg,
        r#"<text class="row end" x="{:.1}" y="{:.1}">{name}</text>"#,
        LABEL - 14.0,
        y + 4.0
    );
    let places = || row.dots.iter().map(|dot| dot.value);
    let (least, most) =
        places().fold((f64::MAX, f64::MIN), |(least, most), at| (least.min(at), most.max(at)));
    if least < most {
        let _ = write!(
            svg,
            r#"<line class="span" x1="{:.1}" x2="{:.1}" y1="{y:.1}" y2="{y:.1}"/>"#,
            at_x(least),
            at_x(most)
        );
    }
    for Dot { class, what, value, lane } in &row.dots {
        let radius = if lane.is_some() { 5.5 } else { 10.0 };
        let _ = write!(
            svg,
            r#"<circle class="dot {class}" cx="{:.1}" cy="{:.1}" r="{radius}"><title>{what}</title></circle>"#,
            at_x(*value),
            y + lane.unwrap_or(0.0) * SPREAD
        );
    }
}

fn opened(label: &str, height: f64) -> String {
    format!(r#"<svg viewBox="0 0 {WIDTH} {height:.0}" role="img" aria-label="{label}">"#)
}

fn ticks(step: f64, max: f64) -> impl Iterator<Item = f64> {
    // A little over the end, for what rounding takes.
    (0..).map(move |index| f64::from(index) * step).take_while(move |at| *at <= max * 1.000_001)
}

/// A distance between ticks that people count in.
fn step(unit: Unit, max: f64) -> f64 {
    let wanted = max.max(f64::MIN_POSITIVE) / TICKS;
    if unit == Unit::Duration {
        let of_a_clock = CLOCK.iter().copied().find(|step| *step >= wanted);
        return of_a_clock.unwrap_or_else(|| decimal(wanted / DAY) * DAY);
    }
    let step = decimal(wanted);
    if unit == Unit::Count { step.max(1.0) } else { step }
}

const DAY: f64 = 86_400_000.0;
const CLOCK: [f64; 24] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 20e3, 30e3, 60e3,
    120e3, 300e3, 600e3, 1_200e3, 1_800e3, 3_600e3, 7_200e3, 21_600e3,
];

/// The next 1, 2 or 5 times a power of ten.
fn decimal(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let fits = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= least * 0.999_999);
    fits.unwrap_or(10.0) * power
}

fn said(unit: Unit, value: f64, step: f64) -> String {
    match unit {
        Unit::Count => format!("{value:.0}"),
        Unit::Share => format!("{:.0} %", value * 100.0),
        Unit::Duration if value == 0.0 => "0".to_owned(),
        Unit::Duration => whole(value, step),
    }
}

/// A duration in the unit in which its steps are whole.
fn whole(value: f64, step: f64) -> String {
    let units = [(DAY, "d"), (3_600e3, "h"), (60e3, "min"), (1e3, "s"), (1.0, "ms")];
    match units.into_iter().find(|(unit, _)| step >= *unit && value % unit == 0.0) {
        Some((unit, name)) => format!("{:.0} {name}", value / unit),
        None => duration(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_what_people_count_in() {
        let told = |unit, max| -> Vec<String> {
            let step = step(unit, max);
            ticks(step, max).map(|tick| said(unit, tick, step)).collect()
        };
        assert_eq!(told(Unit::Count, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(told(Unit::Share, 1.0), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(told(Unit::Duration, 20_000.0), ["0", "5 s", "10 s", "15 s", "20 s"]);
        let hours = ["0", "2 h", "4 h", "6 h", "8 h"];
        assert_eq!(told(Unit::Duration, 8.5 * 3_600e3), hours);
        assert_eq!(told(Unit::Duration, 5.0 * DAY), ["0", "1 d", "2 d", "3 d", "4 d", "5 d"]);
        assert!(told(Unit::Duration, 0.0).len() < 10);
    }
}
