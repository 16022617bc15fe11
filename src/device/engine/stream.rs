//! Stream source and sink.

use super::super::outcome::{SinkBeat, SinkResult};
use super::super::plan::StreamPorts;
use super::super::scenario::{Sink, Source};
use super::{JUNK, Model, Rule, SourceState, met};
use crate::device::interface::top_mask;

pub(super) struct SourceDriver<'a> {
    source: &'a Source,
    ports: StreamPorts,
    packet: usize,
    beat: usize,
    offered: bool,
    /// What the payload ports show: a beat, junk, or what they had before the run.
    shown: Shown,
    state: SourceState,
    buffer: Vec<u32>,
}

#[derive(PartialEq, Eq)]
enum Shown {
    Nothing,
    Junk,
    Beat,
}

impl<'a> SourceDriver<'a> {
    pub fn new(source: &'a Source, ports: StreamPorts) -> Self {
        let mut driver = Self {
            source,
            ports,
            packet: 0,
            beat: 0,
            offered: false,
            shown: Shown::Nothing,
            state: SourceState::default(),
            buffer: vec![0; ports.words()],
        };
        driver.skip_finished();
        driver
    }

    /// Moves on from a packet that has no beat left.
    fn skip_finished(&mut self) {
        while self
            .source
            .packets
            .get(self.packet)
            .is_some_and(|p| p.beats.len() == self.beat)
        {
            self.packet += 1;
            self.beat = 0;
        }
    }

    /// Drops the rest of a packet that was begun.
    pub fn reset(&mut self) {
        if (self.beat > 0 || self.offered) && self.packet < self.source.packets.len() {
            let beats = self.source.packets[self.packet].beats.len();
            self.state.position += beats - self.beat;
            self.beat = beats;
            self.skip_finished();
        }
        self.offered = false;
        self.shown = Shown::Nothing;
    }

    pub fn drive(&mut self, model: &mut impl Model, cycle: u64, done: usize, quiet: bool) {
        let packet = self.source.packets.get(self.packet);
        if !quiet && !self.offered {
            self.offered = packet.is_some_and(|packet| packet.start_after <= done)
                && !self.source.stall.stalls(cycle);
        }
        let offered = self.offered && !quiet;
        model.set_word(self.ports.valid, u32::from(offered));
        match packet.filter(|_| offered) {
            Some(packet) if self.shown != Shown::Beat => {
                let beat = &packet.beats[self.beat];
                self.buffer.fill(0);
                self.buffer[..beat.data.len()].copy_from_slice(&beat.data);
                self.show(model, beat.last);
                self.shown = Shown::Beat;
            }
            None if self.shown != Shown::Junk => {
                self.buffer.fill(JUNK);
                if let Some(top) = self.buffer.last_mut() {
                    *top &= top_mask(self.ports.width);
                }
                self.show(model, true);
                self.shown = Shown::Junk;
            }
            _ => {}
        }
    }

    fn show(&self, model: &mut impl Model, last: bool) {
        model.set(self.ports.data, &self.buffer);
        if let Some(port) = self.ports.last {
            model.set_word(port, u32::from(last));
        }
    }

    pub fn sample(&mut self, model: &mut impl Model, cycle: u64) {
        if !self.offered {
            return;
        }
        if !model.bit(self.ports.ready) {
            self.state.result.waited += 1;
            return;
        }
        self.offered = false;
        self.shown = Shown::Nothing;
        self.beat += 1;
        self.skip_finished();
        self.state.position += 1;
        let result = &mut self.state.result;
        result.accepted += 1;
        result.first.get_or_insert(cycle);
        result.last = Some(cycle);
    }

    pub fn done(&self) -> bool {
        self.source.optional || self.packet == self.source.packets.len()
    }

    pub fn state(&self) -> SourceState {
        SourceState {
            offered: self.offered,
            ..self.state
        }
    }
}

pub(super) struct SinkDriver<'a> {
    sink: &'a Sink,
    ports: StreamPorts,
    ready: bool,
    /// In the cycle before, `held` was offered and not taken.
    holding: bool,
    held: (Vec<u32>, bool),
    now: (Vec<u32>, bool),
    packets: usize,
    result: SinkResult,
}

impl<'a> SinkDriver<'a> {
    pub fn new(sink: &'a Sink, ports: StreamPorts) -> Self {
        let payload = (vec![0; ports.words()], false);
        Self {
            sink,
            ports,
            ready: false,
            holding: false,
            held: payload.clone(),
            now: payload,
            packets: 0,
            result: SinkResult::default(),
        }
    }

    pub fn reset(&mut self) {
        self.holding = false;
    }

    pub fn drive(&mut self, model: &mut impl Model, cycle: u64, quiet: bool) {
        self.ready = !quiet && !self.sink.stall.stalls(cycle);
        model.set_word(self.ports.ready, u32::from(self.ready));
    }

    /// Takes what is offered; the rule that was broken, if any.
    pub fn sample(&mut self, model: &mut impl Model, cycle: u64) -> Option<Rule> {
        if !model.bit(self.ports.valid) {
            let broken = std::mem::take(&mut self.holding);
            return broken.then_some(Rule::Valid);
        }
        model.get(self.ports.data, &mut self.now.0);
        self.now.1 = self.ports.last.is_some_and(|port| model.bit(port));
        let broken = self.holding && self.now != self.held;
        if self.ready {
            let (data, last) = self.now.clone();
            self.packets += usize::from(last);
            self.result.beats.push(SinkBeat { cycle, data, last });
        } else {
            std::mem::swap(&mut self.now, &mut self.held);
            self.result.waited += 1;
        }
        self.holding = !self.ready;
        broken.then_some(Rule::Payload)
    }

    pub fn packets(&self) -> usize {
        self.packets
    }

    pub fn done(&self) -> bool {
        met(self.sink.goal, self.result.beats.len(), self.packets)
    }

    pub fn into_result(self) -> SinkResult {
        self.result
    }
}
