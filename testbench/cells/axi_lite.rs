//! AXI4-Lite registers: random maps, and random reads and writes whose channels stall at random,
//! against a model of every cycle.

use ferrogrid::blocks::prim::AxiLiteRegisters;
use ferrogrid::hdl;
use ferrogrid::hdl::sim::Simulator;
use ferrogrid::isa::{Access, Field, Register, RegisterMap};
use num_bigint::BigInt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

const OKAY: u32 = 0;
const SLVERR: u32 = 2;

/// A map of one to six registers with fields of every access, gaps between both.
fn random_map(rng: &mut ChaCha8Rng) -> RegisterMap {
    let mut map = RegisterMap::new("random", "Random fields.");
    let mut offset = 0;
    for r in 0..rng.random_range(1..=6) {
        offset += 4 * rng.random_range(u32::from(r > 0)..3);
        let mut register = Register::new(&format!("r{r}"), offset, "");
        let mut lsb = rng.random_range(0..4);
        while lsb < 32 {
            let width = rng.random_range(1..=32 - lsb);
            let max = u32::MAX >> (32 - width);
            let value = rng.random::<u32>() & max;
            let (access, reset) = match rng.random_range(0..6) {
                0 | 1 => (Access::ReadWrite, value),
                2 => (Access::ReadOnly, 0),
                3 => (Access::Constant(value), 0),
                4 => (Access::WritePulse, 0),
                _ => (Access::WriteOneToClear, value),
            };
            let name = format!("f{lsb}");
            register = register.field(Field::new(&name, lsb, width, access, "").reset(reset));
            lsb += width + rng.random_range(0..6);
        }
        map = map.register(register);
    }
    map
}

#[derive(Clone, Copy, Debug)]
struct Write {
    address: u32,
    data: u32,
    strobes: u32,
}

impl Write {
    /// The bits whose byte is strobed.
    fn mask(self) -> u32 {
        (0..4)
            .filter(|byte| self.strobes >> byte & 1 == 1)
            .fold(0, |mask, byte| mask | 0xff << (8 * byte))
    }
}

/// A channel of the manager: what it offers, once it does until it is taken.
struct Channel {
    next: usize,
    offered: bool,
}

impl Channel {
    fn new() -> Self {
        Channel {
            next: 0,
            offered: false,
        }
    }

    fn offer(&mut self, rng: &mut ChaCha8Rng, count: usize, percent: u32) -> bool {
        self.offered |= self.next < count && rng.random_range(0..100) < percent;
        self.offered
    }

    fn take(&mut self, ready: bool) -> bool {
        let taken = self.offered && ready;
        if taken {
            self.next += 1;
            self.offered = false;
        }
        taken
    }
}

/// What the hardware side of the registers must show.
struct Model {
    map: RegisterMap,
    /// Values of read-write and sticky fields, by port.
    state: BTreeMap<String, u32>,
    /// Pulses of this cycle, by port.
    pulses: BTreeMap<String, u32>,
    /// Inputs of this cycle, by port.
    inputs: BTreeMap<String, u32>,
}

impl Model {
    fn new(map: &RegisterMap) -> Self {
        let mut model = Model {
            map: map.clone(),
            state: BTreeMap::new(),
            pulses: BTreeMap::new(),
            inputs: BTreeMap::new(),
        };
        for (register, field) in fields(map) {
            let port = format!("{}_{}", register.name, field.name);
            match field.access {
                Access::ReadWrite => _ = model.state.insert(port, field.reset),
                Access::WriteOneToClear => {
                    model.inputs.insert(format!("{port}_set"), 0);
                    model.state.insert(port, field.reset);
                }
                Access::WritePulse => _ = model.pulses.insert(port, 0),
                Access::ReadOnly => _ = model.inputs.insert(port, 0),
                Access::Constant(_) => {}
            }
        }
        model
    }

    fn find(&self, address: u32) -> Option<&Register> {
        self.map.registers.iter().find(|r| r.offset == address & !3)
    }

    fn response(&self, address: u32) -> u32 {
        if self.find(address).is_some() {
            OKAY
        } else {
            SLVERR
        }
    }

    fn read(&self, address: u32) -> u32 {
        let Some(register) = self.find(address) else {
            return 0;
        };
        let mut word = 0;
        for field in &register.fields {
            let port = format!("{}_{}", register.name, field.name);
            word |= match field.access {
                Access::ReadWrite | Access::WriteOneToClear => self.state[&port],
                Access::ReadOnly => self.inputs[&port],
                Access::Constant(value) => value,
                Access::WritePulse => 0,
            } << field.lsb;
        }
        word
    }

    /// One edge, with or without a write.
    fn step(&mut self, write: Option<Write>) {
        let addressed = write
            .and_then(|w| self.find(w.address))
            .map(|r| r.name.clone());
        for (register, field) in fields(&self.map) {
            let port = format!("{}_{}", register.name, field.name);
            let (data, mask) = match write {
                Some(write) if addressed.as_ref() == Some(&register.name) => {
                    (field.extract(write.data), field.extract(write.mask()))
                }
                _ => (0, 0),
            };
            match field.access {
                Access::ReadWrite => {
                    let value = self.state.get_mut(&port).unwrap();
                    *value = (*value & !mask) | (data & mask);
                }
                Access::WriteOneToClear => {
                    let set = self.inputs[&format!("{port}_set")];
                    let value = self.state.get_mut(&port).unwrap();
                    *value = (*value & !(data & mask)) | set;
                }
                Access::WritePulse => _ = self.pulses.insert(port, data & mask),
                Access::ReadOnly | Access::Constant(_) => {}
            }
        }
    }
}

fn fields(map: &RegisterMap) -> Vec<(Register, Field)> {
    map.registers
        .iter()
        .flat_map(|r| r.fields.iter().map(|f| (r.clone(), f.clone())))
        .collect()
}

/// Chances in percent: of offering on AW, W and AR, and of being ready on B and R.
type Pace = [u32; 5];

fn run(map: &RegisterMap, count: usize, pace: Pace, rng: &mut ChaCha8Rng) {
    let block = AxiLiteRegisters::new(map.clone());
    let mut sim = Simulator::new(&hdl::elaborate(&block).expect("the registers close"));
    sim.reset(1);
    let mut model = Model::new(map);
    let end = 1 << map.address_bits();
    let random_address = |rng: &mut ChaCha8Rng| match rng.random_range(0..4) {
        0 => rng.random_range(0..end),
        _ => {
            map.registers[rng.random_range(0..map.registers.len())].offset + rng.random_range(0..4)
        }
    };
    let writes: Vec<Write> = (0..count)
        .map(|_| Write {
            address: random_address(rng),
            data: rng.random(),
            strobes: rng.random_range(0..16),
        })
        .collect();
    let reads: Vec<u32> = (0..count).map(|_| random_address(rng)).collect();
    let (mut aw, mut w, mut ar) = (Channel::new(), Channel::new(), Channel::new());
    // What the model holds: address and data waiting, the write that takes effect next, the
    // response to the one that has, the read that is under way and the cycles since its address,
    // and the responses shown.
    let (mut held_aw, mut held_w) = (None, None);
    let mut committed: Option<Write> = None;
    let mut effective: Option<u32> = None;
    let mut reading: Option<(u32, u32)> = None;
    let mut gathered = (0, 0);
    let (mut b, mut r): (Option<u32>, Option<(u32, u32)>) = (None, None);
    let (mut written, mut read) = (0, 0);
    while written < count || read < count {
        assert!(sim.cycle() < 300 * count as u64, "stuck: {map:?}");
        for (port, value) in &mut model.inputs {
            let shape = sim.signal(port).unwrap().shape();
            *value = rng.random::<u32>() >> (32 - shape.width);
            // Sets are rare, so that bits are seen cleared.
            if port.ends_with("_set") && rng.random_range(0..4) > 0 {
                *value = 0;
            }
            sim.poke(port, *value);
        }
        sim.poke("s_axil_awvalid", i32::from(aw.offer(rng, count, pace[0])));
        sim.poke("s_axil_wvalid", i32::from(w.offer(rng, count, pace[1])));
        sim.poke("s_axil_arvalid", i32::from(ar.offer(rng, count, pace[2])));
        // What stands beside valid 0 must not matter.
        let beside = |rng: &mut ChaCha8Rng| Write {
            address: rng.random_range(0..end),
            data: rng.random(),
            strobes: rng.random_range(0..16),
        };
        let address = if aw.offered {
            writes[aw.next]
        } else {
            beside(rng)
        };
        let data = if w.offered {
            writes[w.next]
        } else {
            beside(rng)
        };
        let from = if ar.offered {
            reads[ar.next]
        } else {
            beside(rng).address
        };
        sim.poke("s_axil_awaddr", address.address);
        sim.poke("s_axil_wdata", data.data);
        sim.poke("s_axil_wstrb", data.strobes);
        sim.poke("s_axil_araddr", from);
        let bready = rng.random_range(0..100) < pace[3];
        let rready = rng.random_range(0..100) < pace[4];
        sim.poke("s_axil_bready", i32::from(bready));
        sim.poke("s_axil_rready", i32::from(rready));

        let mut expect = |name: &str, value: u32| {
            assert_eq!(
                sim.peek(name),
                BigInt::from(value),
                "{name}, cycle {}, {map:?}",
                sim.cycle()
            );
        };
        expect("s_axil_awready", u32::from(held_aw.is_none()));
        expect("s_axil_wready", u32::from(held_w.is_none()));
        expect("s_axil_bvalid", u32::from(b.is_some()));
        expect(
            "s_axil_arready",
            u32::from(r.is_none() && reading.is_none()),
        );
        expect("s_axil_rvalid", u32::from(r.is_some()));
        if let Some(response) = b {
            expect("s_axil_bresp", response);
        }
        if let Some((word, response)) = r {
            expect("s_axil_rdata", word);
            expect("s_axil_rresp", response);
        }
        for (port, value) in model.state.iter().chain(&model.pulses) {
            expect(port, *value);
        }

        // The edge.
        let write = committed.take();
        if let Some(response) = effective.take() {
            b = Some(response);
        } else if let Some(write) = write {
            effective = Some(model.response(write.address));
        } else if let (Some(address), Some(data), None) = (held_aw, held_w, b) {
            (held_aw, held_w) = (None, None);
            let (address, data): (Write, Write) = (address, data);
            committed = Some(Write {
                address: address.address,
                ..data
            });
        } else if b.is_some() && bready {
            b = None;
            written += 1;
        }
        if aw.take(held_aw.is_none() && committed.is_none()) {
            held_aw = Some(address);
        }
        if w.take(held_w.is_none() && committed.is_none()) {
            held_w = Some(data);
        }
        match (&mut reading, r) {
            (_, Some(_)) => {
                if rready {
                    r = None;
                    read += 1;
                }
            }
            (Some((cycles, from)), None) => {
                *cycles += 1;
                if *cycles == 2 {
                    gathered = (model.read(*from), model.response(*from));
                } else if *cycles == 3 {
                    r = Some(gathered);
                    reading = None;
                }
            }
            (None, None) => {
                if ar.take(true) {
                    reading = Some((0, from));
                }
            }
        }
        model.step(write);
        sim.step();
    }
    assert_eq!(sim.failures(), []);
}

#[test]
fn random_maps_under_random_stalls() {
    let paces: [Pace; 5] = [
        [100, 100, 100, 100, 100],
        [50, 50, 50, 50, 50],
        [100, 10, 90, 80, 20],
        [10, 100, 30, 10, 90],
        [90, 90, 90, 15, 15],
    ];
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let map = random_map(&mut rng);
        run(&map, 120, paces[seed as usize % paces.len()], &mut rng);
    }
}
