//! AXI4: managers in random traffic on arbiters, in front of a memory with its own opinion of what
//! AXI4 allows and in front of a RAM; and transfers of any length.

use ferrogrid::blocks::prim::{
    AxiMerge, AxiRam, AxiRamReader, AxiRamReaderInputs, AxiRamWriter, AxiRamWriterInputs,
    AxiReadArbiter, AxiReadArbiterInputs, AxiReadTransfers, AxiReadTransfersInputs,
    AxiWriteArbiter, AxiWriteArbiterInputs, AxiWriteTransfers, AxiWriteTransfersInputs,
    BurstSplitter, ReadBeat, Transfer, WriteBeat,
};
use ferrogrid::harness::{AxiMemory, MemoryInput, MemorySettings, RunSignals};
use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{
    self, Axi4, Axi4Read, Axi4Write, Bundle, Module, Stream, bit, connect, hardware, unsigned,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

const ADDRESS_BITS: u32 = 16;
const DATA_BITS: u32 = 32;
const ID_BITS: u32 = 2;
/// Bytes of a manager's own part of the memory.
const REGION: u64 = 4096;
const OKAY: u64 = 0;
const SLVERR: u64 = 2;

/// The memory of the benches behind a read and a write port.
#[hardware]
fn memory<'m>(m: &'m Module, id_bits: u32, write: &Axi4Write<'m>, read: &Axi4Read<'m>) {
    let s = m.wires(Axi4::of(id_bits, ADDRESS_BITS, DATA_BITS));
    let mut all = Vec::new();
    s.signals(&mut all);
    // The channels of writes come first.
    let mut all = all.into_iter();
    connect(write, &Axi4Write::from_signals(&write.layout(), &mut all));
    connect(read, &Axi4Read::from_signals(&read.layout(), &mut all));
    let block = AxiMemory {
        prefix: "s".into(),
        id_bits,
        address_bits: ADDRESS_BITS,
        data_bits: DATA_BITS,
        depth: 1 << (ADDRESS_BITS - 2),
    };
    let first = m.input("first", bit());
    let run = RunSignals {
        start: m.low(),
        first,
        quiet: first,
        cycle: m.zero(unsigned(64)),
    };
    let settings = MemorySettings {
        latency: m.input("latency", unsigned(16)),
        write_latency: m.input("write_latency", unsigned(16)),
        stalls: m.input("stalls", unsigned(8)),
        overtake: m.input("overtake", bit()),
        after_valid: m.low(),
        seed: m.input("seed", unsigned(32)),
        base: m.zero(unsigned(64)),
    };
    let memory = m.instance(&block, MemoryInput { run, s, settings });
    m.output("read_bursts", memory.report.read_bursts);
}

/// Readers and writers of one RAM.
#[hardware]
fn ram<'m>(m: &'m Module, id_bits: u32, write: &Axi4Write<'m>, read: &Axi4Read<'m>) {
    let ram = AxiRam {
        id_bits,
        address_bits: ADDRESS_BITS,
        data_bits: DATA_BITS,
    };
    let words = m.memory(DATA_BITS, 1 << ram.word_bits()).granularity(8);
    let reader = m.instance(&AxiRamReader(ram), AxiRamReaderInputs { s: *read });
    reader
        .data
        .drive(words.read_enabled(reader.enable, reader.address));
    let writer = m.instance(&AxiRamWriter(ram), AxiRamWriterInputs { s: *write });
    words.write_masked(writer.enable, writer.address, writer.data, writer.mask);
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Behind {
    Memory,
    Ram,
}

#[hardware]
fn system(m: &Module, managers: u32, behind: Behind) {
    let ports = |who| format!("s_{who}");
    let read = Axi4Read::of(ID_BITS, ADDRESS_BITS, DATA_BITS);
    let write = Axi4Write::of(ID_BITS, ADDRESS_BITS, DATA_BITS);
    let mut reads: Vec<_> = (0..managers)
        .map(|who| m.sink_port(&ports(who), read.clone()))
        .collect();
    let mut writes: Vec<_> = (0..managers)
        .map(|who| m.sink_port(&ports(who), write.clone()))
        .collect();
    let merge = AxiMerge {
        id_bits: ID_BITS,
        address_bits: ADDRESS_BITS,
        data_bits: DATA_BITS,
        managers,
    };
    let mut id_bits = ID_BITS;
    if managers > 1 {
        let read = m.instance(&AxiReadArbiter(merge), AxiReadArbiterInputs { s: reads });
        let arbiter = AxiWriteArbiter {
            merge,
            outstanding: 3,
        };
        let write = m.instance(&arbiter, AxiWriteArbiterInputs { s: writes });
        (reads, writes, id_bits) = (vec![read.m], vec![write.m], merge.merged_id_bits());
    }
    match behind {
        Behind::Memory => memory(m, id_bits, &writes[0], &reads[0]),
        Behind::Ram => ram(m, id_bits, &writes[0], &reads[0]),
    }
}

/// Sets and reads ports of one prefix.
struct Ports<'a> {
    sim: &'a mut Simulator,
    prefix: String,
}

fn ports(sim: &mut Simulator, prefix: impl Into<String>) -> Ports<'_> {
    Ports {
        sim,
        prefix: prefix.into(),
    }
}

impl Ports<'_> {
    fn set(&mut self, name: &str, value: u64) {
        let signal = self
            .sim
            .signal(&format!("{}{name}", self.prefix))
            .expect(name);
        self.sim.set(signal, value);
    }

    fn get(&mut self, name: &str) -> u64 {
        let signal = self
            .sim
            .signal(&format!("{}{name}", self.prefix))
            .expect(name);
        self.sim.get(signal)
    }

    /// Valid and ready of a channel.
    fn fires(&mut self, channel: &str) -> bool {
        self.get(&format!("{channel}valid")) & self.get(&format!("{channel}ready")) == 1
    }
}

/// An offer of a channel, in the order of its ports.
type Payload = Vec<(&'static str, u64)>;

/// What a manager offers on a channel.
#[derive(Default)]
struct Channel {
    queue: VecDeque<Payload>,
    offered: bool,
}

impl Channel {
    fn offer(&mut self, ports: &mut Ports<'_>, name: &str, now: bool) {
        self.offered = !self.queue.is_empty() && (self.offered || now);
        ports.set(&format!("{name}valid"), u64::from(self.offered));
        if let Some(payload) = self.queue.front() {
            payload
                .iter()
                .for_each(|(port, value)| ports.set(port, *value));
        }
    }

    fn take(&mut self, ports: &mut Ports<'_>, name: &str) {
        if ports.fires(name) {
            self.queue.pop_front();
            self.offered = false;
        }
    }
}

/// A manager that writes or reads some bursts in its region, waits for the answers, and goes on.
struct Manager {
    base: u64,
    bytes: Vec<u8>,
    /// Asks for bursts that a RAM refuses too.
    wrong: bool,
    channels: [Channel; 3],
    /// Responses that are to come, by id.
    responses: [VecDeque<u64>; 4],
    /// Beats that are to come, by id: data where they count, response, last.
    beats: [VecDeque<(Option<u64>, u64, u64)>; 4],
    /// Beats and responses that came.
    came: u64,
}

impl Manager {
    fn new(number: u64, wrong: bool) -> Self {
        Manager {
            base: number * REGION,
            bytes: vec![0; REGION as usize],
            wrong,
            channels: Default::default(),
            responses: Default::default(),
            beats: Default::default(),
            came: 0,
        }
    }

    fn waits(&self) -> bool {
        let responses = self.responses.iter().any(|id| !id.is_empty());
        responses || self.beats.iter().any(|id| !id.is_empty())
    }

    fn plan(&mut self, rng: &mut ChaCha8Rng) {
        let writes = rng.random();
        for _ in 0..rng.random_range(1..6) {
            let words = REGION / 4;
            let word = rng.random_range(0..words);
            let most = if rng.random_range(0..30) == 0 { 256 } else { 6 };
            let count = rng.random_range(1..=u64::min(most, words - word));
            let (size, burst) = match rng.random_range(0..6) {
                0 if self.wrong => (2, 0),
                1 if self.wrong => (2, 2),
                2 if self.wrong => (1, 1),
                _ => (2, 1),
            };
            self.burst(
                writes,
                (rng.random_range(0..4), word, count, size, burst),
                rng,
            );
        }
    }

    /// Asks for a burst: id, first word, beats, AxSIZE, AxBURST.
    fn burst(
        &mut self,
        writes: bool,
        (id, word, count, size, burst): (u64, u64, u64, u64, u64),
        rng: &mut ChaCha8Rng,
    ) {
        let right = (size, burst) == (2, 1);
        let response = if right { OKAY } else { SLVERR };
        // The address of any byte of the first word.
        let address = self.base + 4 * word + rng.random_range(0..4);
        let (channel, names) = match writes {
            true => (0, ["awid", "awaddr", "awlen", "awsize", "awburst"]),
            false => (2, ["arid", "araddr", "arlen", "arsize", "arburst"]),
        };
        let values = [id, address, count - 1, size, burst];
        let command = names.into_iter().zip(values).collect();
        self.channels[channel].queue.push_back(command);
        if writes {
            self.responses[id as usize].push_back(response);
        }
        for beat in 0..count {
            let at = 4 * (word + beat) as usize;
            let bytes = &mut self.bytes[at..at + 4];
            let last = u64::from(beat + 1 == count);
            if writes {
                let data: u32 = rng.random();
                let strobes = rng.random_range(0..16);
                for (lane, byte) in data.to_le_bytes().into_iter().enumerate() {
                    if right && strobes >> lane & 1 == 1 {
                        bytes[lane] = byte;
                    }
                }
                let payload = vec![("wdata", data.into()), ("wstrb", strobes), ("wlast", last)];
                self.channels[1].queue.push_back(payload);
            } else {
                let data = u32::from_le_bytes(bytes.try_into().unwrap());
                let beat = (right.then_some(data.into()), response, last);
                self.beats[id as usize].push_back(beat);
            }
        }
    }

    /// What the manager shows in a cycle; an offer comes in `percent` of 100 cycles.
    fn drive(&mut self, ports: &mut Ports<'_>, rng: &mut ChaCha8Rng, percent: u32) {
        let mut now = || rng.random_range(0..100) < percent;
        for (channel, name) in self.channels.iter_mut().zip(["aw", "w", "ar"]) {
            channel.offer(ports, name, now());
        }
        ports.set("bready", now().into());
        ports.set("rready", now().into());
    }

    fn look(&mut self, ports: &mut Ports<'_>) {
        for (channel, name) in self.channels.iter_mut().zip(["aw", "w", "ar"]) {
            channel.take(ports, name);
        }
        if ports.fires("b") {
            let response = self.responses[ports.get("bid") as usize].pop_front();
            assert_eq!(response, Some(ports.get("bresp")), "{}", ports.prefix);
            self.came += 1;
        }
        if ports.fires("r") {
            let beat = self.beats[ports.get("rid") as usize].pop_front();
            let (data, response, last) = beat.expect("a beat that was asked for");
            let came = (ports.get("rdata"), ports.get("rresp"), ports.get("rlast"));
            assert_eq!(
                (data.unwrap_or(came.0), response, last),
                came,
                "{}",
                ports.prefix
            );
            self.came += 1;
        }
    }
}

/// A design in reset, and its memory's random numbers begun.
fn begin(sim: &mut Simulator, seed: u64, stalls: u64, overtake: bool) {
    for (name, value) in [
        ("latency", 5),
        ("write_latency", 5),
        ("stalls", stalls),
        ("overtake", overtake.into()),
        ("seed", seed + 1),
        ("first", 1),
    ] {
        ports(sim, "").set(name, value);
    }
    sim.reset(2);
    ports(sim, "").set("first", 0);
}

fn traffic(managers: u32, behind: Behind, cycles: u32) {
    let design = hdl::design("system", |m| system(m, managers, behind)).unwrap();
    let model = Simulator::new(&design);
    for (seed, percent) in [(0, 100), (1, 50), (2, 90), (3, 20)] {
        let mut sim = model.restarted();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        match behind {
            Behind::Memory => begin(&mut sim, seed, 40 * seed, seed % 2 == 1),
            Behind::Ram => sim.reset(1),
        }
        let new = |number| Manager::new(number, behind == Behind::Ram);
        let mut all: Vec<_> = (0..u64::from(managers)).map(new).collect();
        for cycle in 0.. {
            let prefix = |who| format!("s_{who}_");
            for (who, manager) in all.iter_mut().enumerate() {
                if cycle < cycles && !manager.waits() {
                    manager.plan(&mut rng);
                }
                manager.drive(&mut ports(&mut sim, prefix(who)), &mut rng, percent);
            }
            for (who, manager) in all.iter_mut().enumerate() {
                manager.look(&mut ports(&mut sim, prefix(who)));
            }
            sim.step();
            if cycle >= cycles && !all.iter().any(Manager::waits) {
                break;
            }
            assert!(cycle < 20 * cycles, "{managers} managers wait for ever");
        }
        assert_eq!(
            sim.failures(),
            [],
            "{managers} managers, {behind:?}, seed {seed}"
        );
        for manager in &all {
            assert!(
                manager.came > 5,
                "a manager is served {} times",
                manager.came
            );
        }
    }
}

#[test]
fn managers_get_their_own_answers_from_a_memory() {
    for managers in [2, 3, 5, 8] {
        traffic(managers, Behind::Memory, 3000);
    }
}

#[test]
fn a_ram_keeps_what_was_written_and_refuses_what_is_not_incrementing() {
    for managers in [1, 3] {
        traffic(managers, Behind::Ram, 3000);
    }
}

/// Four bursts of 16 beats in each direction, from each of the managers, without a pause.
#[test]
fn a_ram_serves_a_beat_in_every_cycle() {
    for managers in [1, 2] {
        for (writes, latency) in [(false, 2), (true, 1 + u64::from(managers))] {
            let design = hdl::design("system", |m| system(m, managers, Behind::Ram)).unwrap();
            let mut sim = Simulator::new(&design);
            sim.reset(1);
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let mut all: Vec<_> = (0..2).map(|number| Manager::new(number, false)).collect();
            all.truncate(managers as usize);
            for manager in &mut all {
                for burst in 0..4 {
                    manager.burst(writes, (0, 16 * burst, 16, 2, 1), &mut rng);
                }
            }
            while all.iter().any(Manager::waits) {
                assert!(sim.cycle() < 1000, "a manager waits for ever");
                for (who, manager) in all.iter_mut().enumerate() {
                    manager.drive(&mut ports(&mut sim, format!("s_{who}_")), &mut rng, 100);
                }
                for (who, manager) in all.iter_mut().enumerate() {
                    manager.look(&mut ports(&mut sim, format!("s_{who}_")));
                }
                sim.step();
            }
            let beats = 64 * u64::from(managers);
            assert_eq!(sim.cycle() - 1, beats + latency, "{managers} {writes}");
        }
    }
}

#[hardware]
fn transfers(m: &Module, splitter: BurstSplitter) {
    let transfer = || Stream::of(Transfer::of(&splitter));
    let inputs = AxiReadTransfersInputs {
        s: m.sink_port("read", transfer()),
    };
    let reader = m.instance(&AxiReadTransfers(splitter), inputs);
    connect(
        &reader.data,
        &m.source_port("r", Stream::of(ReadBeat::of(&splitter))),
    );
    let inputs = AxiWriteTransfersInputs {
        s: m.sink_port("write", transfer()),
        data: m.sink_port("w", Stream::of(WriteBeat::of(&splitter))),
    };
    let writer = m.instance(&AxiWriteTransfers(splitter), inputs);
    connect(
        &writer.done,
        &m.source_port("done", Stream::of(unsigned(2))),
    );
    memory(m, 1, &writer.axi, &reader.axi);
}

#[test]
fn transfers_are_answered_as_if_of_one_burst() {
    for (seed, outstanding) in [(1, 1), (2, 2), (3, 5)] {
        let splitter = BurstSplitter {
            address_bits: ADDRESS_BITS,
            count_bits: 11,
            beat_bytes: DATA_BITS / 8,
            outstanding,
        };
        let design = hdl::design("system", |m| transfers(m, splitter)).unwrap();
        let mut sim = Simulator::new(&design);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        begin(&mut sim, seed, 30 * seed, false);
        let mut words = vec![0; 1 << (ADDRESS_BITS - 2)];
        let mut codes = vec![OKAY; words.len()];
        for _ in 0..12 {
            let at = rng.random_range(0..codes.len());
            codes[at] = rng.random_range(2..4);
            sim.poke_memory("memory.responses", at, codes[at]);
        }
        for round in 0..16 {
            let writes = round % 2 == 0;
            let (mut commands, mut data) = (Channel::default(), Channel::default());
            let (mut done, mut beats) = (VecDeque::new(), VecDeque::new());
            for _ in 0..6 {
                let most = if rng.random() { 9 } else { 1100 };
                let count = rng.random_range(1..most);
                let first = rng.random_range(0..words.len() - count);
                let names = match writes {
                    true => ["write_payload_address", "write_payload_beats"],
                    false => ["read_payload_address", "read_payload_beats"],
                };
                commands
                    .queue
                    .push_back(vec![(names[0], 4 * first as u64), (names[1], count as u64)]);
                done.push_back(codes[first..first + count].iter().copied().max().unwrap());
                for at in first..first + count {
                    if writes {
                        let word = rng.random_range(0..1 << 32);
                        data.queue
                            .push_back(vec![("w_payload_data", word), ("w_payload_strobe", 15)]);
                        if codes[at] == OKAY {
                            words[at] = word;
                        }
                    } else {
                        beats.push_back((words[at], codes[at], u64::from(at + 1 == first + count)));
                    }
                }
            }
            let mut ports = ports(&mut sim, "");
            for cycle in 0.. {
                let mut now = || rng.random_range(0..100) < 100 - 20 * seed;
                let name = if writes { "write_" } else { "read_" };
                commands.offer(&mut ports, name, now());
                data.offer(&mut ports, "w_", now());
                ports.set("r_ready", now().into());
                ports.set("done_ready", now().into());
                commands.take(&mut ports, name);
                data.take(&mut ports, "w_");
                if ports.fires("done_") && writes {
                    assert_eq!(done.pop_front(), Some(ports.get("done_payload")));
                }
                if ports.fires("r_") {
                    let names = ["r_payload_data", "r_payload_response", "r_payload_last"];
                    let [data, response, last] = names.map(|name| ports.get(name));
                    assert_eq!(beats.pop_front(), Some((data, response, last)));
                }
                ports.sim.step();
                if beats.is_empty() && (done.is_empty() || !writes) {
                    break;
                }
                assert!(cycle < 100_000, "a transfer waits for ever");
            }
            assert!(commands.queue.is_empty() && data.queue.is_empty());
        }
        assert_eq!(sim.failures(), [], "{splitter:?}");
    }
}
