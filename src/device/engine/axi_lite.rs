//! AXI4-Lite master: one access at a time, address and data offered together.

use super::super::plan::AxiLitePorts;
use super::super::scenario::{AxiLite, Operation, StallPattern};
use super::{JUNK, Model, Rule};

/// A channel that the master drives.
#[derive(Default)]
struct Offer {
    /// The handshake is still to come.
    due: bool,
    offered: bool,
}

impl Offer {
    fn drive(&mut self, stall: &StallPattern, cycle: u64, quiet: bool) -> bool {
        if quiet {
            self.offered = false;
        } else if self.due && !self.offered {
            self.offered = !stall.stalls(cycle);
        }
        self.offered
    }

    fn sample(&mut self, ready: bool) {
        if self.offered && ready {
            *self = Self::default();
        }
    }
}

/// A channel that the design drives.
#[derive(Default)]
struct Answer {
    due: bool,
    ready: bool,
    held: Option<(u32, u32)>,
}

/// What [`Answer::sample`] saw.
struct Seen {
    taken: bool,
    fell: bool,
    changed: bool,
    unasked: bool,
}

impl Answer {
    fn drive(&mut self, stall: &StallPattern, cycle: u64, quiet: bool) -> bool {
        self.ready = self.due && !quiet && !stall.stalls(cycle);
        self.ready
    }

    /// `asked`: the request had been accepted before this cycle.
    fn sample(&mut self, valid: bool, payload: (u32, u32), asked: bool) -> Seen {
        let held = self.held.take();
        let asked = asked && self.due;
        let taken = valid && asked && self.ready;
        if valid && asked && !taken {
            self.held = Some(payload);
        }
        self.due &= !taken;
        Seen {
            taken,
            fell: held.is_some() && !valid,
            changed: valid && held.is_some_and(|held| held != payload),
            unasked: valid && !asked,
        }
    }
}

pub(super) struct AxiLiteDriver<'a> {
    master: &'a AxiLite,
    ports: AxiLitePorts,
    operation: Option<Operation>,
    write_address: Offer,
    write_data: Offer,
    write_response: Answer,
    read_address: Offer,
    read_data: Answer,
    polled: Option<u32>,
    finished: Option<(u32, u8)>,
}

impl<'a> AxiLiteDriver<'a> {
    pub fn new(master: &'a AxiLite, ports: AxiLitePorts) -> Self {
        Self {
            master,
            ports,
            operation: None,
            write_address: Offer::default(),
            write_data: Offer::default(),
            write_response: Answer::default(),
            read_address: Offer::default(),
            read_data: Answer::default(),
            polled: None,
            finished: None,
        }
    }

    /// A new operation begins in this cycle.
    pub fn begin(&mut self, operation: Operation) {
        self.polled = None;
        self.finished = None;
        self.operation = Some(operation);
        match operation {
            Operation::Write { .. } => {
                self.write_address.due = true;
                self.write_data.due = true;
                self.write_response.due = true;
            }
            Operation::Read { .. } | Operation::Poll { .. } => {
                self.read_address.due = true;
                self.read_data.due = true;
            }
            Operation::Reset(_) => {
                self.write_response.held = None;
                self.read_data.held = None;
            }
            _ => {}
        }
    }

    pub fn drive(&mut self, model: &mut impl Model, cycle: u64, quiet: bool) {
        let (address, data, strobe) = match self.operation {
            Some(Operation::Write {
                address,
                data,
                strobe,
            }) => (address, data, strobe.into()),
            Some(Operation::Read { address } | Operation::Poll { address, .. }) => {
                (address, JUNK, JUNK)
            }
            _ => (JUNK, JUNK, JUNK),
        };
        let (ports, master) = (&self.ports, self.master);
        let valid = self.write_address.drive(&master.aw_stall, cycle, quiet);
        model.set_word(ports.awvalid(), valid.into());
        model.set_word(ports.awaddr(), if valid { address } else { JUNK });
        let valid = self.write_data.drive(&master.w_stall, cycle, quiet);
        model.set_word(ports.wvalid(), valid.into());
        model.set_word(ports.wdata(), if valid { data } else { JUNK });
        model.set_word(ports.wstrb(), if valid { strobe } else { JUNK });
        let ready = self.write_response.drive(&master.b_stall, cycle, quiet);
        model.set_word(ports.bready(), ready.into());
        let valid = self.read_address.drive(&master.ar_stall, cycle, quiet);
        model.set_word(ports.arvalid(), valid.into());
        model.set_word(ports.araddr(), if valid { address } else { JUNK });
        let ready = self.read_data.drive(&master.r_stall, cycle, quiet);
        model.set_word(ports.rready(), ready.into());
    }

    /// Handshakes of this cycle; the rules that were broken.
    pub fn sample(&mut self, model: &mut impl Model) -> [Option<Rule>; 6] {
        let ports = &self.ports;
        let asked = !self.write_address.due && !self.write_data.due;
        let response = (model.word(ports.bresp()), 0);
        let b = self
            .write_response
            .sample(model.bit(ports.bvalid()), response, asked);
        if b.taken {
            self.finished = Some((0, response.0 as u8));
        }
        let asked = !self.read_address.due;
        let data = (model.word(ports.rdata()), model.word(ports.rresp()));
        let r = self
            .read_data
            .sample(model.bit(ports.rvalid()), data, asked);

        self.write_address.sample(model.bit(ports.awready()));
        self.write_data.sample(model.bit(ports.wready()));
        self.read_address.sample(model.bit(ports.arready()));
        if r.taken {
            self.read(data);
        }
        [
            (b.fell, Rule::WriteResponseValid),
            (b.changed, Rule::WriteResponse),
            (b.unasked, Rule::WriteResponseUnasked),
            (r.fell, Rule::ReadValid),
            (r.changed, Rule::ReadData),
            (r.unasked, Rule::ReadUnasked),
        ]
        .map(|(broken, rule)| broken.then_some(rule))
    }

    fn read(&mut self, (data, response): (u32, u32)) {
        match self.operation {
            Some(Operation::Poll { mask, value, .. }) if data & mask != value => {
                self.polled = Some(data);
                self.read_address.due = true;
                self.read_data.due = true;
            }
            _ => self.finished = Some((data, response as u8)),
        }
    }

    /// Word and response of the access that ended in this cycle.
    pub fn finished(&mut self) -> Option<(u32, u8)> {
        self.finished.take()
    }

    /// The last word of a poll that has not ended.
    pub fn polled(&self) -> Option<u32> {
        self.polled
    }
}
