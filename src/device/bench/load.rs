//! The tables and ports of a bench by name.

use crate::device::error::Error;
use crate::device::interface::words;
use crate::device::plan::Plan;
use crate::device::scenario::{
    AxiLite, Goal, Memory, Operation, Refusal, Sink, Source, StallPattern, Uart,
};
use crate::device::simulation::engine::Engine;
use crate::device::simulation::top::{Top, digits};
use crate::harness::{Axi4Ports, Kind, Ports, STALL_DEPTH, UART_DEPTH, stream_width};

/// A bench whose tables are loaded and read.
pub(super) struct Tables<'a> {
    pub top: &'a Top,
    pub ports: &'a Ports,
    pub engine: Box<dyn Engine>,
    pub four_states: bool,
}

/// What inputs show while nothing is offered: bits that a design must not use.
const JUNK: u64 = 0xa5a5_a5a5_a5a5_a5a5;

impl Tables<'_> {
    /// Drives a port of at most 64 bits.
    pub fn set(&mut self, port: &str, value: u64) -> Result<(), Error> {
        let port = self.top.find(port)?;
        self.engine.set(port, &[value])
    }

    /// Reads a port of at most 64 bits.
    pub fn get(&mut self, port: &str) -> Result<u64, Error> {
        let port = self.top.find(port)?;
        let mut value = [0];
        self.engine.get(port, &mut value)?;
        Ok(value[0])
    }

    /// Reads a result of the driver of an interface.
    pub fn result(&mut self, prefix: &str, name: &str) -> Result<u64, Error> {
        self.get(&format!("bench_{prefix}_{name}"))
    }

    fn setting(&mut self, prefix: &str, name: &str, value: u64) -> Result<(), Error> {
        self.set(&format!("bench_{prefix}_{name}"), value)
    }

    fn load(&mut self, path: &str, digits: &[u64]) -> Result<(), Error> {
        let memory = self.top.find_memory(path)?;
        self.engine.load(memory, 0, digits)
    }

    /// Words of a table from its beginning, in digits.
    pub fn read(&mut self, path: &str, count: usize) -> Result<Vec<u64>, Error> {
        let memory = self.top.find_memory(path)?;
        self.engine.read(memory, 0, count)
    }

    /// Loads everything that a run needs.
    pub fn prepare(&mut self, plan: &Plan<'_>) -> Result<(), Error> {
        let scenario = plan.scenario;
        self.set("bench_trailing", scenario.trailing_cycles.into())?;
        self.operations(plan)?;
        let ports = self.ports;
        for port in &ports.sources {
            let mut sources = scenario.sources.iter();
            match sources.find(|source| source.prefix == port.prefix) {
                Some(source) => self.source(source, stream_width(port.width))?,
                None => self.stall(&port.prefix, "stall", &StallPattern::none())?,
            }
            self.junk(&port.prefix, stream_width(port.width))?;
        }
        for port in &ports.sinks {
            let mut sinks = scenario.sinks.iter();
            match sinks.find(|sink| sink.prefix == port.prefix) {
                Some(sink) => self.sink(sink)?,
                None => self.stall(&port.prefix, "stall", &StallPattern::none())?,
            }
        }
        for port in &ports.control {
            let mut control = scenario.control.iter();
            self.junk(&port.prefix, 32)?;
            match control.find(|control| control.prefix == port.prefix) {
                Some(control) => self.control(control)?,
                None => self.control(&AxiLite::new(&*port.prefix))?,
            }
            let used = scenario.control.iter().any(|c| c.prefix == port.prefix);
            self.setting(&port.prefix, "used", used.into())?;
        }
        for port in &ports.memories {
            let mut memories = scenario.memories.iter();
            match memories.find(|memory| memory.prefix == port.prefix) {
                Some(memory) => self.memory(memory, port)?,
                None => self.memory(&Memory::new(&*port.prefix, Vec::new()), port)?,
            }
        }
        for uart in &scenario.uarts {
            self.uart(uart)?;
        }
        Ok(())
    }

    fn uart(&mut self, uart: &Uart) -> Result<(), Error> {
        let (prefix, most) = (&uart.prefix, UART_DEPTH as usize);
        if uart.bytes.len() > most || uart.goal > most || uart.bit_cycles < 2 {
            return Err(Error::Scenario(format!(
                "{prefix} sends and waits for at most {most} bytes, with 2 cycles a bit at least"
            )));
        }
        let bytes: Vec<u64> = uart.bytes.iter().map(|byte| u64::from(*byte)).collect();
        self.load(&format!("bench.{prefix}.to_send"), &bytes)?;
        self.setting(prefix, "bytes", bytes.len() as u64)?;
        self.setting(prefix, "bit_cycles", uart.bit_cycles.into())?;
        self.setting(prefix, "goal", uart.goal as u64)
    }

    /// Words beyond the memory's end are refused.
    fn memory(&mut self, memory: &Memory, port: &Axi4Ports) -> Result<(), Error> {
        let prefix = &memory.prefix;
        let beat = port.data_bits as usize / 8;
        let mut words = Vec::new();
        for bytes in memory.bytes.chunks(beat) {
            let start = words.len();
            words.extend(bytes.chunks(8).map(|bytes| {
                let bytes = bytes.iter().rev();
                bytes.fold(0, |digit, byte| digit << 8 | u64::from(*byte))
            }));
            words.resize(start + digits(port.data_bits), 0);
        }
        let path = format!("bench.{prefix}.responses");
        let table = self.top.find_memory(&path)?;
        let depth = self.top.memories[table].depth as usize;
        let mut responses = vec![0; memory.bytes.len().div_ceil(beat)];
        responses.resize(depth, Refusal::Decode as u64);
        for &(address, refusal) in &memory.refusals {
            let index = address.checked_sub(memory.base).unwrap_or(u64::MAX) / beat as u64;
            if let Some(response) = responses.get_mut(index as usize) {
                *response = refusal as u64;
            }
        }
        self.load(&path, &responses)?;
        self.load(&format!("bench.{prefix}.words"), &words)?;
        for (name, value) in [
            ("latency", memory.latency.into()),
            ("write_latency", memory.write_latency.into()),
            ("stalls", memory.stalls.into()),
            ("overtake", memory.overtake.into()),
            ("after_valid", memory.after_valid.into()),
            ("seed", u64::from(memory.seed.max(1))),
            ("base", memory.base),
        ] {
            self.setting(prefix, name, value)?;
        }
        Ok(())
    }

    fn operations(&mut self, plan: &Plan<'_>) -> Result<(), Error> {
        let mut table = Vec::new();
        for operation in &plan.scenario.operations {
            let (kind, [a, b, c]) = self.operation(plan, operation)?;
            table.push(u64::from(a) | u64::from(b) << 32);
            table.push(u64::from(c) | (kind as u64) << 32);
        }
        let count = plan.scenario.operations.len() as u64;
        self.set("bench_operations", count)?;
        self.load("bench.sequencer.list", &table)
    }

    fn operation(&self, plan: &Plan<'_>, operation: &Operation) -> Result<(Kind, [u32; 3]), Error> {
        let limited = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(match *operation {
            Operation::Write {
                address,
                data,
                strobe,
            } => (Kind::Write, [address, data, strobe.into()]),
            Operation::Read { address } => (Kind::Read, [address, 0, 0]),
            Operation::Poll {
                address,
                mask,
                value,
            } => (Kind::Poll, [address, mask, value]),
            Operation::WaitInterrupt => {
                let name = &plan.scenario.interrupt;
                let number = self.ports.interrupts.iter().position(|port| port == name);
                let number = number.ok_or_else(|| {
                    Error::Scenario(format!("`{name}` belongs to a bus: it is no interrupt"))
                })?;
                (Kind::WaitInterrupt, [limited(number), 0, 0])
            }
            Operation::WaitPackets { sink, packets } => {
                let prefix = &plan.scenario.sinks[sink].prefix;
                let sinks = &mut self.ports.sinks.iter();
                let number = sinks.position(|port| port.prefix == *prefix);
                let number = limited(number.unwrap_or(0));
                (Kind::WaitPackets, [number, limited(packets), 0])
            }
            Operation::Idle(cycles) => (Kind::Idle, [cycles.max(1) - 1, 0, 0]),
            Operation::Reset(cycles) => (Kind::Reset, [cycles.max(1) - 1, 0, 0]),
        })
    }

    fn source(&mut self, source: &Source, width: u32) -> Result<(), Error> {
        let beats = source.beats();
        let mut data = Vec::with_capacity(beats * digits(width));
        let mut info = Vec::with_capacity(beats);
        for packet in &source.packets {
            let mut left = packet.beats.len() as u64;
            for beat in &packet.beats {
                let start = data.len();
                data.extend(beat.data.chunks(2).map(digit));
                data.resize(start + digits(width), 0);
                info.push(packet.start_after as u64 | left << 16 | u64::from(beat.last) << 47);
                left -= 1;
            }
        }
        let prefix = &source.prefix;
        self.load(&format!("bench.{prefix}.data"), &data)?;
        self.load(&format!("bench.{prefix}.info"), &info)?;
        self.setting(prefix, "beats", beats as u64)?;
        self.setting(prefix, "optional", source.optional.into())?;
        self.stall(prefix, "stall", &source.stall)
    }

    fn sink(&mut self, sink: &Sink) -> Result<(), Error> {
        let (packets, goal) = match sink.goal {
            Goal::Beats(beats) => (false, beats),
            Goal::Packets(packets) => (true, packets),
        };
        let goal = u32::try_from(goal).unwrap_or(u32::MAX);
        self.setting(&sink.prefix, "goal", goal.into())?;
        self.setting(&sink.prefix, "counts_packets", packets.into())?;
        self.setting(&sink.prefix, "used", 1)?;
        self.after_valid(&sink.prefix, "stall", &sink.stall)?;
        self.stall(&sink.prefix, "stall", &sink.stall)
    }

    fn control(&mut self, control: &AxiLite) -> Result<(), Error> {
        for (name, stall) in [
            ("aw_stall", &control.aw_stall),
            ("w_stall", &control.w_stall),
            ("b_stall", &control.b_stall),
            ("ar_stall", &control.ar_stall),
            ("r_stall", &control.r_stall),
        ] {
            self.stall(&control.prefix, name, stall)?;
        }
        self.after_valid(&control.prefix, "b_stall", &control.b_stall)?;
        self.after_valid(&control.prefix, "r_stall", &control.r_stall)
    }

    /// Of a port that takes.
    fn after_valid(&mut self, prefix: &str, name: &str, stall: &StallPattern) -> Result<(), Error> {
        let name = format!("{name}_after_valid");
        self.setting(prefix, &name, stall.is_after_valid().into())
    }

    /// The pattern begins with the bit of cycle 1.
    fn stall(&mut self, prefix: &str, name: &str, stall: &StallPattern) -> Result<(), Error> {
        let bits = stall.bits();
        if bits.len() > STALL_DEPTH as usize {
            return Err(Error::Scenario(format!(
                "a stall pattern of {prefix} has {} bits: at most {STALL_DEPTH}",
                bits.len()
            )));
        }
        if !bits.is_empty() || self.four_states {
            let pattern = bits.iter().cycle().skip(1).take(bits.len().max(1));
            let mut pattern: Vec<u64> = pattern.map(|&bit| bit.into()).collect();
            pattern.resize(bits.len().max(1), 0);
            self.load(&format!("bench.{prefix}.{name}.pattern"), &pattern)?;
        }
        let last = bits.len().max(1) as u64 - 1;
        self.setting(prefix, &format!("{name}_last"), last)
    }

    /// In four states what is not loaded is unknown, which shows more.
    fn junk(&mut self, prefix: &str, width: u32) -> Result<(), Error> {
        if self.four_states {
            return Ok(());
        }
        let mut junk = vec![JUNK; digits(width)];
        if let Some(top) = junk.last_mut() {
            *top &= u64::MAX >> ((64 - width % 64) % 64);
        }
        self.load(&format!("bench.{prefix}.junk_word"), &junk)
    }
}

/// Two words as a digit.
fn digit(words: &[u32]) -> u64 {
    u64::from(words[0]) | u64::from(words.get(1).copied().unwrap_or(0)) << 32
}

/// A value in digits as words.
pub(super) fn to_words(value: &[u64], width: u32) -> Vec<u32> {
    let halves = value
        .iter()
        .flat_map(|digit| [*digit as u32, (*digit >> 32) as u32]);
    halves.take(words(width)).collect()
}
