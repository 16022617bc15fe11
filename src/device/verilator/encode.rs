//! A plan as the array of words that `runner.cpp` reads.

use crate::device::plan::{Plan, StreamPorts};
use crate::device::scenario::{Goal, Operation, Source, StallPattern};

const NONE: u32 = u32::MAX;

/// The words, in the order of `Run::Run` in `runner.cpp`.
pub(super) fn encode(plan: &Plan<'_>) -> Vec<u32> {
    let scenario = plan.scenario;
    let mut out = Words::default();
    out.wide(scenario.max_cycles);
    out.word(scenario.reset_cycles);
    let (from, to) = scenario
        .restart
        .map_or((u64::MAX, u64::MAX), |r| (r.cycle, r.end()));
    out.wide(from);
    out.wide(to);
    out.word(scenario.trailing_cycles);
    out.word(plan.interrupt.map_or(NONE, |port| port as u32));
    out.word(u32::from(plan.control.is_some()));
    if let Some((ports, master)) = plan.control.as_ref().zip(scenario.control.as_ref()) {
        for port in ports.0 {
            out.word(port as u32);
        }
        for stall in [
            &master.aw_stall,
            &master.w_stall,
            &master.b_stall,
            &master.ar_stall,
            &master.r_stall,
        ] {
            out.stall(stall);
        }
    }
    out.word(scenario.operations.len() as u32);
    for operation in &scenario.operations {
        out.0.extend(operation_words(operation));
    }
    out.word(plan.sources.len() as u32);
    for (source, ports) in scenario.sources.iter().zip(&plan.sources) {
        out.source(source, ports);
    }
    out.word(plan.sinks.len() as u32);
    for (sink, ports) in scenario.sinks.iter().zip(&plan.sinks) {
        out.stream(ports, &sink.stall);
        let (packets, goal) = goal_words(sink.goal);
        out.word(packets);
        out.wide(goal);
    }
    out.0
}

/// Whether packets count, and how many of what.
pub(in crate::device) fn goal_words(goal: Goal) -> (u32, u64) {
    match goal {
        Goal::Beats(beats) => (0, beats as u64),
        Goal::Packets(packets) => (1, packets as u64),
    }
}

/// Kind and three arguments.
pub(in crate::device) fn operation_words(operation: &Operation) -> [u32; 4] {
    match *operation {
        Operation::Write {
            address,
            data,
            strobe,
        } => [0, address, data, strobe.into()],
        Operation::Read { address } => [1, address, 0, 0],
        Operation::Poll {
            address,
            mask,
            value,
        } => [2, address, mask, value],
        Operation::WaitInterrupt => [3, 0, 0, 0],
        Operation::WaitPackets { sink, packets } => [
            4,
            sink as u32,
            u32::try_from(packets).unwrap_or(u32::MAX),
            0,
        ],
        Operation::Idle(cycles) => [5, cycles, 0, 0],
        Operation::Reset(cycles) => [6, cycles, 0, 0],
    }
}

#[derive(Default)]
struct Words(Vec<u32>);

impl Words {
    fn word(&mut self, word: u32) {
        self.0.push(word);
    }

    fn wide(&mut self, value: u64) {
        self.0.extend([value as u32, (value >> 32) as u32]);
    }

    fn bits(&mut self, bits: impl Iterator<Item = bool>) {
        let start = self.0.len();
        for (index, bit) in bits.enumerate() {
            if index % 32 == 0 {
                self.0.push(0);
            }
            self.0[start + index / 32] |= u32::from(bit) << (index % 32);
        }
    }

    fn stall(&mut self, stall: &StallPattern) {
        self.word(stall.bits().len() as u32);
        self.bits(stall.bits().iter().copied());
    }

    fn stream(&mut self, ports: &StreamPorts, stall: &StallPattern) {
        self.word(ports.data as u32);
        self.word(ports.last.map_or(NONE, |port| port as u32));
        self.word(ports.valid as u32);
        self.word(ports.ready as u32);
        self.stall(stall);
    }

    fn source(&mut self, source: &Source, ports: &StreamPorts) {
        self.stream(ports, &source.stall);
        self.word(u32::from(source.optional));
        self.word(source.packets.len() as u32);
        for packet in &source.packets {
            self.word(packet.start_after as u32);
            self.word(packet.beats.len() as u32);
        }
        let beats = || source.packets.iter().flat_map(|packet| &packet.beats);
        self.word(source.beats() as u32);
        self.bits(beats().map(|beat| beat.last));
        for beat in beats() {
            let end = self.0.len() + ports.words();
            self.0.extend(&beat.data);
            self.0.resize(end, 0);
        }
    }
}
