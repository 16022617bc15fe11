//! Waves as text, for tests whose expectation is the picture.

use super::Simulator;
use super::names::Handle;
use num_bigint::BigInt;
use std::fmt;

/// How a bus is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Radix {
    /// Decimal, with sign for signed signals.
    Decimal,
    /// Hexadecimal bit pattern, all digits.
    Hexadecimal,
    /// Binary bit pattern, all digits.
    Binary,
}

#[derive(Clone, Debug)]
enum Source {
    Clock,
    Bit(Handle),
    Bus(Handle, Radix),
    State(Handle, Vec<String>),
}

#[derive(Clone, Debug)]
struct Row {
    label: String,
    source: Source,
    /// One text a cycle.
    samples: Vec<String>,
}

/// Signals recorded cycle by cycle and drawn as text.
///
/// One-bit signals are lines (`_` low, `-` high), buses are values after the `|` at which they
/// changed, enumeration registers are state names. Naming a clock of the top draws it.
///
/// ```text
/// cycle   0   1   2   3
/// clk    /-\_/-\_/-\_/-\_
/// enable ____/-----------
/// count  |0      |1  |2  |
/// ```
#[derive(Clone, Debug)]
pub struct Waveform {
    rows: Vec<Row>,
    /// The simulator's cycle at each sample.
    cycles: Vec<u64>,
}

impl Waveform {
    /// A waveform of the signals with these names, in this order. Panics with the nearest names
    /// when one does not exist.
    #[track_caller]
    pub fn new<S: AsRef<str>>(simulator: &Simulator, names: impl IntoIterator<Item = S>) -> Self {
        let mut rows = Vec::new();
        for name in names {
            let label = name.as_ref().to_owned();
            let clock = simulator
                .model
                .domains
                .iter()
                .any(|domain| domain.clock == label);
            let source = if clock {
                Source::Clock
            } else {
                source(simulator, &label)
            };
            rows.push(Row {
                label,
                source,
                samples: Vec::new(),
            });
        }
        Waveform {
            rows,
            cycles: Vec::new(),
        }
    }

    /// Writes a bus in another radix than decimal. Panics when the waveform has no such bus.
    #[track_caller]
    pub fn radix(mut self, name: &str, radix: Radix) -> Self {
        let row = self.rows.iter_mut().find(|row| row.label == name);
        match row.map(|row| &mut row.source) {
            Some(Source::Bus(_, chosen)) => *chosen = radix,
            _ => panic!("the waveform has no bus `{name}`"),
        }
        self
    }

    /// Adds the present cycle: call it before each step, with the inputs set. Cycles that are
    /// not recorded have no column; the columns are headed by the simulator's cycle.
    pub fn record(&mut self, simulator: &mut Simulator) {
        self.cycles.push(simulator.cycle());
        for row in &mut self.rows {
            let text = match &row.source {
                Source::Clock => String::new(),
                Source::Bit(handle) => simulator.get(*handle).to_string(),
                Source::Bus(handle, radix) => bus(&simulator.peek(*handle), *handle, *radix),
                Source::State(handle, names) => {
                    let state = simulator.get(*handle);
                    names
                        .get(state as usize)
                        .cloned()
                        .unwrap_or_else(|| state.to_string())
                }
            };
            row.samples.push(text);
        }
    }

    /// Columns of a cycle: even, at least 4, and wide enough for every value.
    fn cell(&self) -> usize {
        let mut cell: usize = 4;
        for row in &self.rows {
            if let Source::Bus(..) | Source::State(..) = row.source {
                for run in row.samples.chunk_by(|a, b| a == b) {
                    cell = cell.max((run[0].len() + 1).div_ceil(run.len()));
                }
            }
        }
        let last = self.cycles.iter().max().copied().unwrap_or(0);
        cell.max(last.to_string().len() + 2).next_multiple_of(2)
    }
}

#[track_caller]
fn source(simulator: &Simulator, name: &str) -> Source {
    use super::SignalRef;
    let handle = name.handle(simulator);
    match simulator.state_names(handle) {
        Some(names) => Source::State(handle, names.to_vec()),
        None if handle.shape.width == 1 => Source::Bit(handle),
        None => Source::Bus(handle, Radix::Decimal),
    }
}

fn bus(value: &BigInt, handle: Handle, radix: Radix) -> String {
    let shape = handle.shape;
    let bits = shape.to_bits(value);
    let width = shape.width as usize;
    match radix {
        Radix::Decimal => value.to_string(),
        Radix::Hexadecimal => format!("{:0>1$}", bits.to_str_radix(16), width.div_ceil(4)),
        Radix::Binary => format!("{:0>1$}", bits.to_str_radix(2), width),
    }
}

/// A line that is `_` or `-` and turns by `/` and `\`.
fn line(samples: &[String], cell: usize) -> String {
    let mut text = String::new();
    let mut before = samples.first();
    for sample in samples {
        let (level, turn) = if sample == "1" {
            ('-', '/')
        } else {
            ('_', '\\')
        };
        text.push(if before == Some(sample) { level } else { turn });
        text.extend(std::iter::repeat_n(level, cell - 1));
        before = Some(sample);
    }
    text
}

/// Values, each after the `|` at which it begins.
fn values(samples: &[String], cell: usize) -> String {
    let runs = samples.chunk_by(|a, b| a == b);
    let texts = runs.map(|run| format!("|{:<1$}", run[0], run.len() * cell - 1));
    texts.collect::<String>() + "|"
}

impl fmt::Display for Waveform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = self.cell();
        let title = "cycle";
        let labels = self.rows.iter().map(|row| row.label.len());
        let label = labels.chain([title.len()]).max().unwrap_or(0);
        let cycles = self.cycles.iter().map(|cycle| format!("{cycle:<cell$}"));
        writeln!(
            f,
            "{}",
            format!("{title:<label$}  {}", cycles.collect::<String>()).trim_end()
        )?;
        for row in &self.rows {
            let wave = match row.source {
                Source::Clock => {
                    let half = cell / 2 - 1;
                    format!("/{}\\{}", "-".repeat(half), "_".repeat(half)).repeat(self.cycles.len())
                }
                Source::Bit(_) => line(&row.samples, cell),
                Source::Bus(..) | Source::State(..) => values(&row.samples, cell),
            };
            writeln!(f, "{}", format!("{:<label$} {wave}", row.label).trim_end())?;
        }
        Ok(())
    }
}
