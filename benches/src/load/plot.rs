//! Line plots as SVG.

use std::fmt::Write as _;

use super::html::escape;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 28.0;

/// How the horizontal axis is divided. The vertical one is linear and starts at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Evenly.
    Linear,
    /// By powers of ten; values are positive.
    Logarithmic,
}

/// A line of a plot.
pub(crate) struct Line {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its colour.
    pub color: &'static str,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A plot.
pub(crate) struct Plot {
    /// What it shows.
    pub title: &'static str,
    /// The horizontal axis.
    pub x: Axis,
    /// The lines.
    pub lines: Vec<Line>,
}

/// The ends of the axes.
struct Frame {
    axis: Axis,
    x: (f64, f64),
    y_max: f64,
}

impl Frame {
    fn of(plot: &Plot) -> Frame {
        let points = || plot.lines.iter().flat_map(|line| &line.points);
        let least = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
        let most = points().map(|point| point.0).fold(f64::NEG_INFINITY, f64::max);
        let y_max = points().map(|point| point.1).fold(0.0, f64::max);
        let (least, most) = if least <= most { (least, most) } else { (1.0, 2.0) };
        let x = match plot.x {
            Axis::Linear => (least, most),
            Axis::Logarithmic => (10f64.powf(least.max(0.001).log10().floor()), 10f64.powf(most.log10().ceil())),
        };
        let most = if x.1 > x.0 { x.1 } else { x.0 + 1.0 };
        Frame { axis: plot.x, x: (x.0, most), y_max: if y_max > 0.0 { y_max * 1.05 } else { 1.0 } }
    }

    fn across(&self, value: f64) -> f64 {
        let place = |value: f64| match self.axis {
            Axis::Linear => value,
            Axis::Logarithmic => value.max(self.x.0).log10(),
        };
        let share = (place(value) - place(self.x.0)) / (place(self.x.1) - place(self.x.0));
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn down(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - value / self.y_max * (HEIGHT - TOP - BOTTOM)
    }

    fn x_marks(&self) -> Vec<f64> {
        match self.axis {
            Axis::Linear => marks(self.x.0, self.x.1),
            Axis::Logarithmic => {
                let decades = std::iter::successors(Some(self.x.0), |mark| Some(mark * 10.0));
                decades.take_while(|&mark| mark <= self.x.1 * 1.001).collect()
            }
        }
    }
}

/// Round numbers between `least` and `most`, about five.
fn marks(least: f64, most: f64) -> Vec<f64> {
    let rough = (most - least) / 5.0;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade).into_iter().find(|&step| step >= rough);
    let step = step.unwrap_or(rough);
    let first = (least / step).ceil();
    (0..=10).map(|number| (first + f64::from(number)) * step).take_while(|&mark| mark <= most).collect()
}

/// A number with as many digits as it needs.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Plot {
    /// The plot as an SVG element. Writing to a string cannot fail, so its results are dropped.
    pub(crate) fn svg(&self) -> String {
        let frame = Frame::of(self);
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" role=\"img\">\
             <text x=\"{LEFT}\" y=\"16\" font-size=\"14\">{}</text>",
            escape(self.title)
        );
        for mark in marks(0.0, frame.y_max) {
            let y = frame.down(mark);
            let _ = write!(
                svg,
                "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e0e0e0\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                number(mark)
            );
        }
        for mark in frame.x_marks() {
            let x = frame.across(mark);
            let _ = write!(
                svg,
                "<path d=\"M{x:.1} {bottom}V{:.1}\" stroke=\"#9e9e9e\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 4.0,
                bottom + 18.0,
                number(mark)
            );
        }
        for (place, line) in self.lines.iter().enumerate() {
            let points: Vec<String> =
                line.points.iter().map(|&(x, y)| format!("{:.1},{:.1}", frame.across(x), frame.down(y))).collect();
            let _ = write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\" points=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"32\" fill=\"{color}\">{}</text>",
                points.join(" "),
                LEFT + place as f64 * 80.0,
                escape(line.name),
                color = line.color
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round() {
        assert_eq!(marks(0.0, 10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(marks(0.0, 1050.0), [0.0, 500.0, 1000.0]);
    }

    #[test]
    fn every_number_drawn_is_finite() {
        for points in [vec![], vec![(1.0, 0.0)], vec![(0.5, 2.0), (300.0, 7.0)]] {
            for x in [Axis::Linear, Axis::Logarithmic] {
                let line = Line { name: "a", color: "#000", points: points.clone() };
                let svg = Plot { title: "t", x, lines: vec![line] }.svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }
}
