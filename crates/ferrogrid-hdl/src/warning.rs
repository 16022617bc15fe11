//! What a design may be, but hardly means to be.

use super::error::{Hop, place};
use std::fmt;
use std::panic::Location;

/// A finding that does not keep a design from being closed: see [`Design::warnings`].
///
/// [`Design::warnings`]: super::ir::Design::warnings
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A comparison that is always true or always false.
    ConstantComparison {
        /// The module.
        module: String,
        /// The comparison, as `` `count` < 0 ``.
        what: String,
        /// What it always is.
        value: bool,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// A state that a state machine cannot come to from its reset.
    UnreachableState {
        /// The module.
        module: String,
        /// The machine's register.
        machine: String,
        /// The state, as the Verilog writes it.
        state: String,
        /// Where the machine was made.
        at: &'static Location<'static>,
    },
    /// Domains of two clocks share a reset that works at once.
    SharedReset {
        /// The module.
        module: String,
        /// The reset.
        reset: String,
        /// Two of the clocks.
        clocks: [String; 2],
    },
    /// A reset works at once in an instance and at the clock outside of it, or the other way
    /// round.
    MixedReset {
        /// The module.
        module: String,
        /// The instance.
        instance: String,
        /// It works at once inside.
        asynchronous: bool,
        /// The reset outside.
        reset: String,
        /// Where the instance was made.
        at: &'static Location<'static>,
    },
    /// Outputs of instances that follow themselves as a whole, although no bit of them does.
    PortsInCircle {
        /// The module.
        module: String,
        /// The outputs.
        outputs: Vec<Hop>,
    },
    /// A named wire that nothing reads.
    UnusedWire {
        /// The module.
        module: String,
        /// The wire.
        wire: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::ConstantComparison {
                module,
                what,
                value,
                at,
            } => write!(
                f,
                "module `{module}`: {what} is always {value}\n  made at {}\n  \
                 leave it out, or compare with a value that the other side can pass",
                place(at)
            ),
            Warning::UnreachableState {
                module,
                machine,
                state,
                at,
            } => write!(
                f,
                "module `{module}`: state machine `{machine}` never comes to {state}\n  \
                 made at {}\n  add a transition to it, or take it out of the enum",
                place(at)
            ),
            Warning::SharedReset {
                module,
                reset,
                clocks: [first, second],
            } => write!(
                f,
                "module `{module}`: the asynchronous reset `{reset}` belongs to `{first}` and `{second}`, \
                 but can be released in time for one clock only\n  \
                 give each domain a reset of its own, released by a synchronizer of its clock"
            ),
            Warning::MixedReset {
                module,
                instance,
                asynchronous,
                reset,
                at,
            } => {
                let kind = |asynchronous: bool| {
                    if asynchronous {
                        "asynchronous"
                    } else {
                        "synchronous"
                    }
                };
                write!(
                    f,
                    "module `{module}`: the reset of instance `{instance}` is {}, but `{reset}`, which \
                     drives it, is {}\n  made at {}\n  \
                     say `.asynchronous()` of both or of neither",
                    kind(*asynchronous),
                    kind(!asynchronous),
                    place(at)
                )
            }
            Warning::PortsInCircle { module, outputs } => {
                write!(
                    f,
                    "module `{module}`: as a whole, although no bit does, an instance follows itself"
                )?;
                for Hop { what, at } in outputs {
                    write!(f, "\n  {}: {what}", place(at))?;
                }
                write!(
                    f,
                    "\n  Verilator warns of such ports (UNOPTFLAT): give bits that follow each other \
                     ports of their own"
                )
            }
            Warning::UnusedWire { module, wire, at } => write!(
                f,
                "module `{module}`: nothing reads wire `{wire}`\n  made at {}\n  \
                 if that is meant, say `m.unused({wire})`",
                place(at)
            ),
        }
    }
}
