//! The clock of a bench: holds its design in reset as the scenario says, and attends to it.

use super::join::{BENCH, DESIGN};
use super::load::{Tables, to_words};
use crate::device::error::Error;
use crate::device::log::{Log, SourceState};
use crate::device::outcome::{
    MemoryResult, OperationResult, Outcome, SinkBeat, SinkResult, SourceResult,
};
use crate::device::plan::Plan;
use crate::device::process::failed_assertion;
use crate::device::scenario::{Memory, Scenario};
use crate::device::simulation::top::digits;
use crate::device::{Cover, Watch};
use crate::harness::{SINK_DEPTH, UART_DEPTH, stream_width};
use std::time::{Duration, Instant};

/// Cycles between two calls of the watch function.
const WATCH_INTERVAL: u64 = 1 << 16;
/// It is asked before so much time has passed, whatever a cycle takes.
const WATCH_TIME: Duration = Duration::from_millis(200);

struct Run<'a, 'p> {
    plan: &'p Plan<'p>,
    tables: Tables<'a>,
    /// Beats that were read from full tables, for each sink of the bench.
    drained: Vec<Vec<SinkBeat>>,
    in_reset: bool,
}

/// Runs a scenario on a bench at its start.
pub(super) fn run(
    plan: &Plan<'_>,
    tables: Tables<'_>,
    watch: &mut Watch,
) -> Result<Outcome, Error> {
    let sinks = tables.ports.sinks.len();
    let mut run = Run {
        plan,
        tables,
        drained: vec![Vec::new(); sinks],
        in_reset: false,
    };
    run.tables.prepare(plan)?;
    let cycles = run.cycles(watch)?;
    run.log(cycles).map(|log| log.into_outcome(plan))
}

/// What is held in a cycle: the bench and the design in reset.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Held {
    bench: bool,
    design: bool,
}

impl Held {
    fn at(cycle: u64, scenario: &Scenario) -> Self {
        let restart = scenario.restart.filter(|restart| restart.cycle <= cycle);
        Held {
            bench: cycle == 0 || restart.is_some_and(|restart| cycle == restart.cycle),
            design: cycle < first_cycle(cycle, scenario),
        }
    }
}

/// The first cycle that is not held, as it stands in a cycle: a restart may come later.
fn first_cycle(cycle: u64, scenario: &Scenario) -> u64 {
    let start = u64::from(scenario.reset_cycles).max(1);
    let restart = scenario.restart.filter(|restart| restart.cycle <= cycle);
    let restart = restart.map_or(0, |restart| restart.end().max(restart.cycle + 1));
    start.max(restart)
}

impl Run<'_, '_> {
    /// Lets the clock run to the end; the number of cycles.
    fn cycles(&mut self, watch: &mut Watch) -> Result<u64, Error> {
        let scenario = self.plan.scenario;
        let attention = self.tables.top.find("bench_attention")?;
        let restart = scenario.restart.map_or(0, |restart| restart.cycle);
        let mut held = None;
        let mut cycle = 0;
        let (mut interval, mut asked) = (64, Instant::now());
        let mut ask_at = interval;
        while cycle < scenario.max_cycles {
            let now = Held::at(cycle, scenario);
            if held != Some(now) {
                self.hold(cycle, now)?;
                held = Some(now);
            }
            let ends = [
                scenario.max_cycles,
                ask_at,
                if now.bench { cycle + 1 } else { u64::MAX },
                if now.design {
                    first_cycle(cycle, scenario)
                } else {
                    u64::MAX
                },
                if restart > cycle { restart } else { u64::MAX },
            ];
            let end = ends.into_iter().min().unwrap_or(cycle);
            cycle += self.tables.engine.run_until(attention, end - cycle)?;
            if cycle < end {
                if self.tables.get("bench_done")? != 0 {
                    return Ok(cycle);
                }
                self.attend(now)?;
                self.tables.engine.step(None, 1)?;
                cycle += 1;
            }
            if cycle >= ask_at {
                if watch(cycle).is_break() {
                    return Err(Error::Cancelled { cycle });
                }
                interval = match asked.elapsed() {
                    time if time > WATCH_TIME => (interval / 4).max(1),
                    time if time < WATCH_TIME / 4 => (2 * interval).min(WATCH_INTERVAL),
                    _ => interval,
                };
                (ask_at, asked) = (cycle + interval, Instant::now());
            }
        }
        Ok(cycle)
    }

    fn hold(&mut self, cycle: u64, held: Held) -> Result<(), Error> {
        if held.bench {
            self.drained.iter_mut().for_each(Vec::clear);
        }
        self.tables.set("bench_start", (cycle == 0).into())?;
        self.tables.set("bench_first", held.bench.into())?;
        self.tables.set("bench_reset", held.bench.into())?;
        self.tables.set("bench_hold", held.design.into())?;
        self.reset(held)
    }

    /// The design's own reset.
    fn reset(&mut self, held: Held) -> Result<(), Error> {
        let asserted = held.design || self.in_reset;
        let top = self.tables.top;
        for &(port, active) in &top.resets {
            if top.ports[port].name != "bench_reset" {
                let value = active ^ u64::from(!asserted);
                self.tables.engine.set(port, &[value])?;
            }
        }
        Ok(())
    }

    /// Does what the bench wants in this cycle.
    fn attend(&mut self, held: Held) -> Result<(), Error> {
        let wanted = self.tables.get("bench_reset_wanted")? != 0;
        if wanted != self.in_reset {
            self.in_reset = wanted;
            self.tables.set("bench_in_reset", wanted.into())?;
            self.reset(held)?;
        }
        if !held.bench {
            for sink in 0..self.drained.len() {
                let prefix = &self.tables.ports.sinks[sink].prefix;
                if self.tables.result(prefix, "full")? != 0 {
                    self.drain(sink, SINK_DEPTH as usize)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the first beats in the tables of a sink.
    fn drain(&mut self, sink: usize, beats: usize) -> Result<(), Error> {
        let port = &self.tables.ports.sinks[sink];
        let (prefix, width) = (&port.prefix, port.width);
        let data = self.tables.read(&format!("bench.{prefix}.data"), beats)?;
        let marks = self.tables.read(&format!("bench.{prefix}.marks"), beats)?;
        let data = data.chunks(digits(stream_width(width))).zip(marks);
        let beats = data.map(|(data, mark)| SinkBeat {
            cycle: mark & (u64::MAX >> 1),
            data: to_words(data, width),
            last: mark >> 63 != 0,
        });
        self.drained[sink].extend(beats);
        Ok(())
    }

    /// Reads what the run gave.
    fn log(mut self, cycles: u64) -> Result<Log, Error> {
        let scenario = self.plan.scenario;
        let mut log = Log {
            cycles,
            finished: self.tables.get("bench_done")? != 0,
            operations: self.operations(cycles)?,
            ..Log::default()
        };
        if let Some(control) = &scenario.control
            && self.tables.result(&control.prefix, "has_polled")? != 0
        {
            log.polled = Some(self.tables.result(&control.prefix, "polled")? as u32);
        }
        for source in &scenario.sources {
            let result = |tables: &mut Tables<'_>, name| tables.result(&source.prefix, name);
            let tables = &mut self.tables;
            let accepted = result(tables, "accepted")? as usize;
            let (first, last) = (
                result(tables, "first_cycle")?,
                result(tables, "last_cycle")?,
            );
            log.sources.push(SourceState {
                result: SourceResult {
                    accepted,
                    first: (accepted > 0).then_some(first),
                    last: (accepted > 0).then_some(last),
                    waited: result(tables, "waited")?,
                },
                position: result(tables, "position")? as usize,
                offered: result(tables, "offered")? != 0,
            });
        }
        for sink in &scenario.sinks {
            let result = self.sink(&sink.prefix)?;
            log.sinks.push(result);
        }
        for memory in &scenario.memories {
            let result = self.memory(memory)?;
            log.memories.push(result);
        }
        for uart in &scenario.uarts {
            let prefix = &uart.prefix;
            let came = self.tables.result(prefix, "received")? as usize;
            let table = format!("bench.{prefix}.came");
            let bytes = self.tables.read(&table, came.min(UART_DEPTH as usize))?;
            log.uarts
                .push(bytes.iter().map(|byte| *byte as u8).collect());
        }
        let mut failures = self.tables.engine.failures()?;
        failures.sort_by_key(|failure| failure.cycle);
        for failure in failures {
            let message = match failure.path.split_once('.') {
                Some((DESIGN, path)) => failed_assertion(path, &failure.message),
                Some((BENCH, _)) => failure.message,
                _ => failed_assertion(&failure.path, &failure.message),
            };
            log.fail(failure.cycle, message);
        }
        for cover in self.tables.engine.finish()? {
            let path = cover.path.strip_prefix(DESIGN);
            if let Some(path) = path.and_then(|path| path.strip_prefix('.')) {
                log.covers.push(Cover {
                    path: path.to_owned(),
                    count: cover.count,
                });
            }
        }
        Ok(log)
    }

    fn operations(&mut self, cycles: u64) -> Result<Vec<OperationResult>, Error> {
        let count = self.tables.get("bench_finished")? as usize;
        let results = self.tables.read("bench.sequencer.results", count)?;
        let ends = self.tables.read("bench.sequencer.ends", count)?;
        let mut start = first_cycle(cycles.saturating_sub(1), self.plan.scenario);
        let results = results.iter().zip(&ends);
        let results = results.map(|(result, &end)| OperationResult {
            data: *result as u32,
            response: (result >> 32) as u8,
            start: std::mem::replace(&mut start, end + 1),
            end,
        });
        Ok(results.collect())
    }

    fn memory(&mut self, memory: &Memory) -> Result<MemoryResult, Error> {
        let prefix = &memory.prefix;
        let mut ports = self.tables.ports.memories.iter();
        let port = ports.find(|port| port.prefix == *prefix);
        let width = port.map_or(64, |port| port.data_bits);
        let count = memory.bytes.len().div_ceil(width as usize / 8);
        let words = self.tables.read(&format!("bench.{prefix}.words"), count)?;
        let words = words.chunks(digits(width));
        let bytes = words.flat_map(|word| {
            let bytes = word.iter().flat_map(|digit| digit.to_le_bytes());
            bytes.take(width as usize / 8).collect::<Vec<u8>>()
        });
        let bytes = bytes.take(memory.bytes.len()).collect();
        let mut result = |name| self.tables.result(prefix, name);
        Ok(MemoryResult {
            bytes,
            read_bursts: result("read_bursts")?,
            read_bytes: result("read_bytes")?,
            write_bursts: result("write_bursts")?,
            write_bytes: result("write_bytes")?,
            read_address_waits: result("read_address_waits")?,
            write_address_waits: result("write_address_waits")?,
            write_data_waits: result("write_data_waits")?,
            read_data_waits: result("read_data_waits")?,
        })
    }

    fn sink(&mut self, prefix: &str) -> Result<SinkResult, Error> {
        let beats = self.tables.result(prefix, "beats")? as usize;
        let waited = self.tables.result(prefix, "waited")?;
        let mut sinks = self.tables.ports.sinks.iter();
        let Some(sink) = sinks.position(|port| port.prefix == prefix) else {
            return Ok(SinkResult::default());
        };
        self.drain(sink, beats - self.drained[sink].len())?;
        Ok(SinkResult {
            beats: std::mem::take(&mut self.drained[sink]),
            waited,
        })
    }
}
