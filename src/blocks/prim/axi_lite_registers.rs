//! A register map behind an AXI4-Lite port.

mod read;

use crate::hdl::{
    AxiLite, Block, Module, Pins, Shape, Shapes, Signal, bit, bundle, concat, join, unsigned,
};
use crate::isa::{Access, Field, Register, RegisterMap};
use read::{Word, read_channel};
use std::vec;

/// The registers of a [`RegisterMap`] behind the AXI4-Lite port `s_axil`.
///
/// Each field has the pins that its access needs: `<register>_<field>`, an output for
/// read-write, write-pulse and write-one-to-clear fields and an input for read-only ones, and
/// the input `<register>_<field>_set` for write-one-to-clear fields.
///
/// A write takes effect, and its pulses are 1, in the cycle before its response, at the earliest
/// three cycles after the later of address and data, which may come in any order. A
/// read shows the registers as they are two cycles after its address has been taken; the data
/// follow another two cycles later. Reads and writes do not wait for each other. Protection bits
/// do not exist, the lowest two address bits do not count, and byte strobes do.
#[derive(Debug, Clone, PartialEq)]
pub struct AxiLiteRegisters {
    map: RegisterMap,
}

impl AxiLiteRegisters {
    /// The block of a register map.
    ///
    /// # Panics
    /// When the map breaks a rule of [`RegisterMap::check`].
    #[track_caller]
    pub fn new(map: RegisterMap) -> Self {
        if let Err(error) = map.check() {
            panic!("register map `{}`: {error}", map.name);
        }
        AxiLiteRegisters { map }
    }

    /// The registers.
    pub fn map(&self) -> &RegisterMap {
        &self.map
    }

    /// The pins of what the hardware shows: the inputs.
    pub fn shown(&self) -> Vec<(String, Shape)> {
        self.pins(|register, field| match field.access {
            Access::ReadOnly => Some(register.port(field)),
            _ => register.set_port(field),
        })
    }

    /// The pins of what the registers tell the hardware: the outputs.
    pub fn told(&self) -> Vec<(String, Shape)> {
        self.pins(|register, field| match field.access {
            Access::ReadOnly | Access::Constant(_) => None,
            _ => Some(register.port(field)),
        })
    }

    fn pins(&self, name: impl Fn(&Register, &Field) -> Option<String>) -> Vec<(String, Shape)> {
        let mut pins = Vec::new();
        for register in &self.map.registers {
            let fields = register.fields.iter();
            pins.extend(fields.filter_map(|f| Some((name(register, f)?, unsigned(f.width)))));
        }
        pins
    }

    /// The word address of a register, as a constant of its name.
    #[track_caller]
    fn word<'m>(&self, m: &'m Module, register: &Register) -> Signal<'m> {
        let shape = unsigned(self.map.address_bits() - 2);
        let at = u64::from(register.offset / 4);
        m.constant(&register.name.to_uppercase(), at, shape)
    }

    /// The response to a word address.
    #[track_caller]
    fn response<'m>(&self, m: &'m Module, word: Signal<'m>) -> Signal<'m> {
        let okay = m.constant("OKAY", 0b00, unsigned(2));
        let error = m.constant("SLVERR", 0b10, unsigned(2));
        let words = (self.map.registers.iter()).map(|register| register.offset / 4);
        let count = self.map.registers.len() as u32;
        if words.eq(0..count) {
            return match 1 << word.width() {
                all if all == count => okay,
                _ => {
                    let last = self.map.registers.last().expect("a map has registers");
                    word.gt(self.word(m, last)).mux(error, okay)
                }
            };
        }
        let arm = |register| (self.word(m, register), okay);
        word.case(
            &self.map.registers.iter().map(arm).collect::<Vec<_>>(),
            error,
        )
    }
}

bundle! {
    /// What [`AxiLiteRegisters`] take.
    pub struct AxiLiteRegistersInputs(registers: &AxiLiteRegisters) {
        /// The port.
        s_axil: AxiLite(registers.map.address_bits()),
        /// What the hardware shows.
        flat shown: Pins(registers.shown()),
    }
}

impl Block for AxiLiteRegisters {
    type Inputs<'m> = AxiLiteRegistersInputs<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        format!("{}_registers", self.map.name)
    }

    fn inputs(&self) -> Shapes<AxiLiteRegistersInputs<'static>> {
        AxiLiteRegistersInputs::of(self)
    }

    fn build<'m>(&self, m: &'m Module, io: AxiLiteRegistersInputs<'m>) -> Pins<'m> {
        m.doc(&format!("Registers of {}: {}", self.map.name, self.map.doc));
        let axi = io.s_axil;

        for register in &self.map.registers {
            self.word(m, register);
        }

        m.section("write channel");
        let mut fields = Fields {
            m,
            write: self.write_channel(m, &axi),
            shown: io.shown,
            told: Pins::default(),
        };
        let mut words = Vec::new();
        for register in &self.map.registers {
            m.section(&format!("{} at {:#x}", register.name, register.offset));
            words.push(Word {
                at: self.word(m, register),
                constant: register.fields.iter().all(|field| !changes(field)),
                value: fields.build_register(register),
            });
        }

        m.section("read channel");
        read_channel(m, &axi, &words, |word| self.response(m, word));
        fields.told
    }
}

/// A write that takes effect at the end of this cycle.
struct Write<'m> {
    /// A bit for each register that can be written, in the order of the map: this one is.
    selected: vec::IntoIter<Signal<'m>>,
    /// The data.
    data: Signal<'m>,
    /// A bit per byte of data.
    strobes: Signal<'m>,
}

impl AxiLiteRegisters {
    /// Holds address and data, whichever comes first, until both are there and the last response
    /// is gone.
    fn write_channel<'m>(&self, m: &'m Module, axi: &AxiLite<'m>) -> Write<'m> {
        let commit = m.wire(bit()).named("write_commit");
        let response_valid = m.reg(bit()).named("write_response_valid").reset(0);

        let address_held = m.reg(bit()).named("write_address_held").reset(0);
        let take_address = (axi.awvalid & !address_held).named("write_address_take");
        address_held.next((address_held | take_address) & !commit);
        let address = m
            .reg(unsigned(axi.awaddr.width() - 2))
            .named("write_word")
            .enable(take_address)
            .next(word_address(axi.awaddr));
        axi.awready.drive(!address_held);

        let data_held = m.reg(bit()).named("write_data_held").reset(0);
        let take_data = (axi.wvalid & !data_held).named("write_data_take");
        data_held.next((data_held | take_data) & !commit);
        axi.wready.drive(!data_held);
        let (data, strobes) = self.hold_data(m, axi, take_data);

        let under_way = m.reg(bit()).named("write_under_way").reset(0);
        commit.drive(address_held & data_held & !under_way);
        under_way.next(commit | (under_way & !(response_valid & axi.bready)));
        let response = m
            .capture(commit, self.response(m, address))
            .named("write_response");
        // What was decoded takes effect a cycle later, when data and strobes are still there. It is
        // answered another cycle later, so that pulses may go through a register on their way.
        let committed = m.flag(commit).named("write_committed");
        let effective = m.flag(committed).named("write_effective");
        response_valid.next(effective | (response_valid & !axi.bready));
        let selected = self.select_written(m, commit, address).into_iter();
        axi.bvalid.drive(response_valid);
        axi.bresp.drive(response);
        Write {
            selected,
            data,
            strobes,
        }
    }

    /// For each register that can be written: it is, in the cycle after `commit`.
    fn select_written<'m>(
        &self,
        m: &'m Module,
        commit: Signal<'m>,
        address: Signal<'m>,
    ) -> Vec<Signal<'m>> {
        let writable = self.map.registers.iter().filter(|r| is_writable(r));
        let matches: Vec<_> = writable
            .map(|register| address.eq(self.word(m, register)))
            .collect();
        if matches.is_empty() {
            return Vec::new();
        }
        let matches = join(&matches);
        let select = m.reg(matches.shape()).named("write_select").reset(0);
        let select = select.comment("a bit for each register that can be written");
        select.next(matches.gate(commit)).split(1)
    }

    /// The data registers; none where no field can be written.
    fn hold_data<'m>(
        &self,
        m: &'m Module,
        axi: &AxiLite<'m>,
        take: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>) {
        if !self.map.registers.iter().any(is_writable) {
            m.unused(axi.wdata);
            m.unused(axi.wstrb);
            return (axi.wdata, axi.wstrb);
        }
        let hold = |name: &str, value: Signal<'m>| {
            m.reg(value.shape()).named(name).enable(take).next(value)
        };
        (
            hold("write_data", axi.wdata),
            hold("write_strobes", axi.wstrb),
        )
    }
}

/// The address of a word: the lowest two bits of a byte address do not count.
fn word_address(address: Signal<'_>) -> Signal<'_> {
    address.slice(2, address.width() - 2)
}

/// Whether a register has a field that can be written.
fn is_writable(register: &Register) -> bool {
    (register.fields.iter()).any(|field| field.access.is_writable())
}

/// The fields under construction.
struct Fields<'m> {
    m: &'m Module,
    write: Write<'m>,
    shown: Pins<'m>,
    told: Pins<'m>,
}

impl<'m> Fields<'m> {
    /// Builds the fields of a register and returns the word that a read shows.
    fn build_register(&mut self, register: &Register) -> Signal<'m> {
        let selected = is_writable(register)
            .then(|| self.write.selected.next().expect("a bit for each register"));
        let mut parts = Vec::new();
        let mut next = 0;
        for field in &register.fields {
            if field.lsb > next {
                parts.push(self.m.zero(unsigned(field.lsb - next)));
            }
            parts.push(self.build_field(register, field, selected));
            next = field.lsb + field.width;
        }
        if next < 32 {
            parts.push(self.m.zero(unsigned(32 - next)));
        }
        join(&parts)
    }

    /// Builds a field's state and returns what a read shows.
    fn build_field(
        &mut self,
        register: &Register,
        field: &Field,
        selected: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let (m, shape, pin) = (self.m, unsigned(field.width), register.port(field));
        let state = || {
            let state = m.reg(shape).named(&pin).reset(field.reset);
            state.comment(field.summary())
        };
        let selected = || selected.expect("a register with a writable field is selected");
        let (state, read) = match field.access {
            Access::Constant(value) => return m.lit(value, shape),
            Access::ReadOnly => return self.shown[&*pin].comment(field.summary()),
            Access::ReadWrite => {
                let value = state().enable(selected());
                let value = value.next(merge(field, &self.write, *value));
                (value, value)
            }
            Access::WritePulse => {
                let pulse = state().next(ones(field, &self.write, selected()));
                (pulse, m.zero(shape))
            }
            Access::WriteOneToClear => {
                let set = register.set_port(field).expect("such a field has one");
                let sticky = state();
                let clear = ones(field, &self.write, selected()).named(format!("{pin}_clear"));
                let sticky = sticky.next((sticky & !clear) | self.shown[&*set]);
                (sticky, sticky)
            }
        };
        self.told.push(pin, state);
        read
    }
}

/// Whether reads of a field may differ.
fn changes(field: &Field) -> bool {
    !matches!(field.access, Access::Constant(_) | Access::WritePulse)
}

/// The parts of a field that lie in different bytes, the highest first: byte, lowest bit within
/// the register, width.
fn bytes(field: &Field) -> Vec<(u32, u32, u32)> {
    let end = field.lsb + field.width;
    (field.lsb / 8..=(end - 1) / 8)
        .rev()
        .map(|byte| {
            let lsb = field.lsb.max(byte * 8);
            let width = end.min(byte * 8 + 8) - lsb;
            (byte, lsb, width)
        })
        .collect()
}

/// The written bits of a field, and the old ones in bytes without strobe.
fn merge<'m>(field: &Field, write: &Write<'m>, old: Signal<'m>) -> Signal<'m> {
    let parts: Vec<_> = bytes(field)
        .into_iter()
        .map(|(byte, lsb, width)| {
            let written = write.data.slice(lsb, width);
            write
                .strobes
                .bit(byte)
                .mux(written, old.slice(lsb - field.lsb, width))
        })
        .collect();
    concat(&parts)
}

/// The bits of a field that are written as 1 in this cycle.
fn ones<'m>(field: &Field, write: &Write<'m>, selected: Signal<'m>) -> Signal<'m> {
    let parts: Vec<_> = bytes(field)
        .into_iter()
        .map(|(byte, lsb, width)| {
            let enable = selected & write.strobes.bit(byte);
            write.data.slice(lsb, width) & enable.repeat(width)
        })
        .collect();
    concat(&parts)
}
