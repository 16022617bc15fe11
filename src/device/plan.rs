//! A scenario resolved against the ports of a design, checked once for all back ends.

use super::error::Error;
use super::interface::{Interface, top_mask, words};
use super::scenario::{Operation, Scenario};
use crate::hdl::ir::Direction;

/// Ports of a stream, as indices into [`Interface::ports`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamPorts {
    pub data: usize,
    pub last: Option<usize>,
    pub valid: usize,
    /// Width of `data` in bits.
    pub width: u32,
}

impl StreamPorts {
    /// 32-bit words of a beat.
    pub fn words(&self) -> usize {
        words(self.width)
    }
}

/// The AXI4-Lite ports.
const AXI_LITE_PORTS: [(&str, Direction, Option<u32>); 17] = [
    ("awaddr", Direction::Input, None),
    ("awvalid", Direction::Input, Some(1)),
    ("awready", Direction::Output, Some(1)),
    ("wdata", Direction::Input, Some(32)),
    ("wstrb", Direction::Input, Some(4)),
    ("wvalid", Direction::Input, Some(1)),
    ("wready", Direction::Output, Some(1)),
    ("bresp", Direction::Output, Some(2)),
    ("bvalid", Direction::Output, Some(1)),
    ("bready", Direction::Input, Some(1)),
    ("araddr", Direction::Input, None),
    ("arvalid", Direction::Input, Some(1)),
    ("arready", Direction::Output, Some(1)),
    ("rdata", Direction::Output, Some(32)),
    ("rresp", Direction::Output, Some(2)),
    ("rvalid", Direction::Output, Some(1)),
    ("rready", Direction::Input, Some(1)),
];

/// A scenario and the ports that it means.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub interface: &'a Interface,
    pub scenario: &'a Scenario,
    pub sources: Vec<StreamPorts>,
    pub sinks: Vec<StreamPorts>,
}

impl<'a> Plan<'a> {
    /// Resolves the names and checks everything that could go wrong later.
    pub fn new(interface: &'a Interface, scenario: &'a Scenario) -> Result<Self, Error> {
        let finder = Finder { interface };
        if let Some(control) = &scenario.control {
            finder.axi_lite(&control.prefix)?;
        }
        for uart in &scenario.uarts {
            finder.find(&format!("{}_tx", uart.prefix), Direction::Output, Some(1))?;
            finder.find(&format!("{}_rx", uart.prefix), Direction::Input, Some(1))?;
        }
        for memory in &scenario.memories {
            finder.manager(&memory.prefix)?;
        }
        let waits = scenario
            .operations
            .iter()
            .any(|op| matches!(op, Operation::WaitInterrupt));
        if waits {
            finder.find(&scenario.interrupt, Direction::Output, Some(1))?;
        }
        let sources = (scenario.sources.iter())
            .map(|source| finder.stream(&source.prefix, Direction::Input))
            .collect::<Result<Vec<_>, _>>()?;
        let sinks = (scenario.sinks.iter())
            .map(|sink| finder.stream(&sink.prefix, Direction::Output))
            .collect::<Result<Vec<_>, _>>()?;
        let plan = Self {
            interface,
            scenario,
            sources,
            sinks,
        };
        plan.check_operations()?;
        plan.check_beats()?;
        Ok(plan)
    }

    fn check_operations(&self) -> Result<(), Error> {
        let has_reset = self.interface.reset.is_some();
        for (index, operation) in self.scenario.operations.iter().enumerate() {
            let problem = match operation {
                Operation::Write { .. } | Operation::Read { .. } | Operation::Poll { .. }
                    if self.scenario.control.is_none() =>
                {
                    "needs a control port".to_owned()
                }
                Operation::WaitPackets { sink, .. } if *sink >= self.sinks.len() => {
                    format!("waits for sink {sink} of {}", self.sinks.len())
                }
                Operation::Reset(_) if !has_reset => "needs a reset port".to_owned(),
                _ => continue,
            };
            return Err(Error::Scenario(format!("operation {index} {problem}")));
        }
        if self.scenario.restart.is_some() && !has_reset {
            return Err(Error::Scenario("a restart needs a reset port".to_owned()));
        }
        Ok(())
    }

    fn check_beats(&self) -> Result<(), Error> {
        let operations = self.scenario.operations.len();
        for (source, ports) in self.scenario.sources.iter().zip(&self.sources) {
            let prefix = &source.prefix;
            for (index, packet) in source.packets.iter().enumerate() {
                if packet.start_after > operations {
                    return Err(Error::Scenario(format!(
                        "packet {index} of {prefix} waits for {} operations of {operations}",
                        packet.start_after
                    )));
                }
                let fits = |data: &[u32]| {
                    data.len() < ports.words()
                        || data.len() == ports.words()
                            && data[data.len() - 1] & !top_mask(ports.width) == 0
                };
                if let Some(beat) = packet.beats.iter().position(|beat| !fits(&beat.data)) {
                    return Err(Error::Scenario(format!(
                        "beat {beat} of packet {index} of {prefix} has more than {} bits",
                        ports.width
                    )));
                }
            }
        }
        Ok(())
    }
}

struct Finder<'a> {
    interface: &'a Interface,
}

impl Finder<'_> {
    fn find(&self, name: &str, direction: Direction, width: Option<u32>) -> Result<usize, Error> {
        let fail = |problem| Error::Ports {
            top: self.interface.top.clone(),
            problem,
        };
        let Some(index) = self.interface.index(name) else {
            return Err(fail(format!("there is no port `{name}`")));
        };
        let port = &self.interface.ports[index];
        if port.direction != direction {
            let is = if direction == Direction::Input {
                "an output"
            } else {
                "an input"
            };
            return Err(fail(format!("`{name}` is {is}")));
        }
        match width {
            Some(width) if width != port.width => Err(fail(format!(
                "`{name}` has {} bits instead of {width}",
                port.width
            ))),
            _ => Ok(index),
        }
    }

    fn stream(&self, prefix: &str, forward: Direction) -> Result<StreamPorts, Error> {
        let data = self.find(&format!("{prefix}_tdata"), forward, None)?;
        let ready = format!("{prefix}_tready");
        let backward = match forward {
            Direction::Input => Direction::Output,
            Direction::Output => Direction::Input,
        };
        // A stream out of the design need not wait for anybody.
        if forward == Direction::Input || self.interface.index(&ready).is_some() {
            self.find(&ready, backward, Some(1))?;
        }
        let last = format!("{prefix}_tlast");
        Ok(StreamPorts {
            data,
            last: match self.interface.index(&last) {
                Some(_) => Some(self.find(&last, forward, Some(1))?),
                None => None,
            },
            valid: self.find(&format!("{prefix}_tvalid"), forward, Some(1))?,
            width: self.interface.ports[data].width,
        })
    }

    /// An AXI4 manager reads or writes.
    fn manager(&self, prefix: &str) -> Result<(), Error> {
        let write = format!("{prefix}_awlen");
        let name = match self.interface.index(&write) {
            Some(_) => write,
            None => format!("{prefix}_arlen"),
        };
        self.find(&name, Direction::Output, Some(8)).map(drop)
    }

    fn axi_lite(&self, prefix: &str) -> Result<(), Error> {
        for (name, direction, width) in AXI_LITE_PORTS {
            self.find(&format!("{prefix}_{name}"), direction, width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::interface::{Port, Reset};
    use crate::device::scenario::{AxiLite, Goal, Packet, Restart, Sink, Source};

    fn interface() -> Interface {
        let port = |name: &str, direction, width| Port {
            name: name.to_owned(),
            direction,
            width,
        };
        let (input, output) = (Direction::Input, Direction::Output);
        Interface {
            top: "core".to_owned(),
            clock: Some("clk".to_owned()),
            reset: Some(Reset {
                port: "rst".to_owned(),
                active_low: false,
            }),
            more_clocks: Vec::new(),
            ports: vec![
                port("a_tdata", input, 40),
                port("a_tvalid", input, 1),
                port("a_tready", output, 1),
                port("b_tdata", input, 8),
                port("b_tvalid", input, 2),
                port("b_tready", output, 1),
                port("c_tdata", output, 8),
                port("c_tvalid", output, 1),
                port("c_tready", input, 1),
            ],
        }
    }

    fn source(prefix: &str, packet: Packet) -> Scenario {
        Scenario {
            sources: vec![Source::new(prefix, vec![packet])],
            ..Scenario::default()
        }
    }

    fn operation(operation: Operation) -> Scenario {
        Scenario {
            operations: vec![operation],
            ..Scenario::default()
        }
    }

    #[track_caller]
    fn check(scenario: Scenario, expected: &str) {
        let error = Plan::new(&interface(), &scenario).expect_err("a bad scenario");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn ports_are_found_with_their_words() {
        let scenario = Scenario {
            sinks: vec![Sink::new("c", Goal::Beats(1))],
            ..source("a", Packet::new([vec![1, 0xff]]))
        };
        let interface = interface();
        let plan = Plan::new(&interface, &scenario).expect("a good scenario");
        let a = StreamPorts {
            data: 0,
            last: None,
            valid: 1,
            width: 40,
        };
        assert_eq!(plan.sources, [a]);
        assert_eq!((a.words(), plan.sinks[0].words()), (2, 1));
    }

    #[test]
    fn ports_that_do_not_fit() {
        let at = |text| format!("the scenario does not fit the ports of `core`: {text}");
        let empty = Packet::default;
        check(source("x", empty()), &at("there is no port `x_tdata`"));
        check(source("c", empty()), &at("`c_tdata` is an output"));
        check(
            source("b", empty()),
            &at("`b_tvalid` has 2 bits instead of 1"),
        );
        let control = Scenario {
            control: Some(AxiLite::new("s")),
            ..Scenario::default()
        };
        check(control, &at("there is no port `s_awaddr`"));
        check(
            operation(Operation::WaitInterrupt),
            &at("there is no port `irq`"),
        );
    }

    #[test]
    fn scenarios_that_contradict_themselves() {
        let at = |text| format!("the scenario cannot be run: {text}");
        check(
            operation(Operation::Read { address: 0 }),
            &at("operation 0 needs a control port"),
        );
        let wait = Operation::WaitPackets {
            sink: 0,
            packets: 1,
        };
        check(operation(wait), &at("operation 0 waits for sink 0 of 0"));
        let late = source("a", Packet::new([vec![1]]).after(1));
        check(late, &at("packet 0 of a waits for 1 operations of 0"));
        let wide = source("a", Packet::new([vec![1], vec![1, 0x100]]));
        check(wide, &at("beat 1 of packet 0 of a has more than 40 bits"));
    }

    #[test]
    fn resets_need_a_reset_port() {
        let interface = Interface {
            reset: None,
            ..interface()
        };
        let restart = Some(Restart {
            cycle: 1,
            length: 1,
        });
        for scenario in [
            operation(Operation::Reset(1)),
            Scenario {
                restart,
                ..Scenario::default()
            },
        ] {
            let error = Plan::new(&interface, &scenario).expect_err("a bad scenario");
            assert!(error.to_string().ends_with("a reset port"), "{error}");
        }
    }
}
