//! What is wrong with a design as a whole.

use super::Warning;
use std::fmt;
use std::panic::Location;

/// Everything that closing a design found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesignError {
    /// The findings, in the order of the modules.
    pub issues: Vec<Issue>,
}

/// What closing a module found.
#[derive(Default)]
pub(super) struct Findings {
    pub issues: Vec<Issue>,
    pub warnings: Vec<Warning>,
}

/// A finding of the checks at design close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issue {
    /// A wire, register or instance input has no driver.
    Undriven {
        /// The module.
        module: String,
        /// `wire \`x\``, `register \`x\`` or ``input `p` of instance `i` ``.
        what: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// A wire, register or instance input has more than one driver.
    MultiplyDriven {
        /// The module.
        module: String,
        /// What is driven.
        what: String,
        /// The first driver.
        first: &'static Location<'static>,
        /// The second driver.
        second: &'static Location<'static>,
    },
    /// A register has two enables.
    TwiceEnabled {
        /// The module.
        module: String,
        /// The register.
        register: String,
        /// The first enable.
        first: &'static Location<'static>,
        /// The second enable.
        second: &'static Location<'static>,
    },
    /// An instance stands in a domain whose clock enable does not reach into it.
    EnabledInstance {
        /// The module.
        module: String,
        /// The instance.
        instance: String,
        /// The clock of its block.
        clock: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// Values that depend on themselves without a register between.
    CombinationalLoop {
        /// The module in which the loop closes.
        module: String,
        /// The signals along the loop; the last feeds the first.
        path: Vec<Hop>,
    },
    /// An input that nothing reads.
    UnusedInput {
        /// The module.
        module: String,
        /// The port.
        port: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// A register or memory of one clock takes a value of another.
    ClockCrossing {
        /// The module.
        module: String,
        /// The register, memory, property or instance input.
        what: String,
        /// Its clock.
        clock: String,
        /// What it samples: a register, memory, input or output of an instance.
        sample: String,
        /// The clock of that.
        source: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// A wire is not set in every case.
    Incomplete {
        /// The module.
        module: String,
        /// ``wire `x` ``.
        what: String,
        /// Where it is set first.
        at: &'static Location<'static>,
    },
    /// A register, wire or memory has no name.
    Unnamed {
        /// The module.
        module: String,
        /// `register`, `wire` or `memory`.
        what: String,
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// Two things in a module have one name.
    NameClash {
        /// The module.
        module: String,
        /// The name.
        name: String,
        /// The first.
        first: &'static Location<'static>,
        /// The second.
        second: &'static Location<'static>,
    },
    /// Something has the name of a clock or reset, whose port the module makes by itself.
    ImplicitName {
        /// The module.
        module: String,
        /// The name.
        name: String,
        /// `the clock of domain 0` or `a reset active high`.
        role: String,
        /// What has the name was made here.
        at: &'static Location<'static>,
    },
    /// Clocks or resets of a module that differ have one name.
    DomainClash {
        /// The module.
        module: String,
        /// The name.
        name: String,
        /// What it is first.
        first: String,
        /// What it is as well.
        second: String,
    },
    /// A name that Verilog does not accept.
    IllegalName {
        /// The module.
        module: String,
        /// The name.
        name: String,
        /// Why not.
        reason: String,
        /// Where it was made; none for modules and clocks.
        at: Option<&'static Location<'static>>,
    },
    /// Two different blocks have one module name.
    ModuleNameClash {
        /// The name.
        module: String,
        /// The first block, as its `Debug` prints it.
        first: String,
        /// The second block.
        second: String,
    },
    /// Models of a vendor's cell that Verilog cannot tell apart, or that do not agree.
    CellClash {
        /// The vendor's name of the cell.
        cell: String,
        /// The module that has a right to be there.
        first: String,
        /// The other.
        second: String,
        /// Why not both.
        reason: String,
    },
    /// A block instantiates itself, directly or through others.
    Recursion {
        /// The module names from the block down to its own instance.
        path: Vec<String>,
    },
}

/// A signal along a combinational loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The signal, or the operator when it has no name.
    pub what: String,
    /// The line of Rust that made it.
    pub at: &'static Location<'static>,
}

/// `file:line`, with the path as the compiler saw it.
pub(super) fn place(at: &Location<'_>) -> String {
    format!("{}:{}", at.file(), at.line())
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Issue::Undriven { module, what, at } => {
                write!(
                    f,
                    "module `{module}`: {what} is never driven\n  made at {}",
                    place(at)
                )
            }
            Issue::MultiplyDriven {
                module,
                what,
                first,
                second,
            } => write!(
                f,
                "module `{module}`: {what} is driven more than once\n  first at {}\n  again at {}",
                place(first),
                place(second)
            ),
            Issue::TwiceEnabled {
                module,
                register,
                first,
                second,
            } => write!(
                f,
                "module `{module}`: register `{register}` has two enables\n  first at {}\n  \
                 again at {}\n  say `.enable(a & b)` or `.enable(a | b)` once",
                place(first),
                place(second)
            ),
            Issue::EnabledInstance {
                module,
                instance,
                clock,
                at,
            } => write!(
                f,
                "module `{module}`: instance `{instance}` stands in a domain with an enable, which \
                 does not reach into it\n  made at {}\n  give the block an input for its enable, and \
                 say `.clock(\"{clock}\", ..)` with a domain without one",
                place(at)
            ),
            Issue::CombinationalLoop { module, path } => {
                write!(
                    f,
                    "module `{module}`: combinational loop through {} signals",
                    path.len()
                )?;
                for hop in path {
                    write!(f, "\n  {}: {}", place(hop.at), hop.what)?;
                }
                write!(
                    f,
                    "\n  and back to {}; put a register into the path",
                    path[0].what
                )
            }
            Issue::UnusedInput { module, port, at } => write!(
                f,
                "module `{module}`: nothing reads input `{port}`\n  made at {}\n  \
                 if that is meant, say `m.unused({port})`",
                place(at)
            ),
            Issue::ClockCrossing {
                module,
                what,
                clock,
                sample,
                source,
                at,
            } => write!(
                f,
                "module `{module}`: {what} is clocked by `{clock}` but samples {sample} of `{source}`\n  \
                 made at {}\n  use a register marked `.synchronizer()`",
                place(at)
            ),
            Issue::Incomplete { module, what, at } => write!(
                f,
                "module `{module}`: {what} is not set in every case\n  first set at {}\n  \
                 set it without a condition before, or describe the other cases with `otherwise`",
                place(at)
            ),
            Issue::Unnamed { module, what, at } => write!(
                f,
                "module `{module}`: a {what} has no name\n  made at {}\n  \
                 bind it with `let` in a function under `#[hardware]`, or say `.named(..)`",
                place(at)
            ),
            Issue::NameClash {
                module,
                name,
                first,
                second,
            } => write!(
                f,
                "module `{module}`: two things are called `{name}`\n  first at {}\n  again at {}",
                place(first),
                place(second)
            ),
            Issue::ImplicitName {
                module,
                name,
                role,
                at,
            } => write!(
                f,
                "module `{module}`: `{name}` is {role}, whose port needs no declaration\n  \
                 declared at {}\n  remove it, or name clock and reset otherwise with `m.clock(..)`",
                place(at)
            ),
            Issue::DomainClash {
                module,
                name,
                first,
                second,
            } => write!(
                f,
                "module `{module}`: `{name}` is {first} and also {second}"
            ),
            Issue::IllegalName {
                module,
                name,
                reason,
                at,
            } => {
                write!(f, "module `{module}`: `{name}` cannot be a name: {reason}")?;
                match at {
                    Some(at) => write!(f, "\n  made at {}", place(at)),
                    None => Ok(()),
                }
            }
            Issue::ModuleNameClash {
                module,
                first,
                second,
            } => write!(
                f,
                "two different blocks are called `{module}`; their module names must tell them \
                 apart\n  first:  {first}\n  second: {second}"
            ),
            Issue::CellClash {
                cell,
                first,
                second,
                reason,
            } => write!(
                f,
                "vendor's cell `{cell}`: modules `{first}` and `{second}` do not go together; {reason}"
            ),
            Issue::Recursion { path } => {
                let path: Vec<_> = path.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    f,
                    "module {} contains itself: {}\n  \
                     an instance in its own block needs other parameters and another module name",
                    path[0],
                    path.join(" > ")
                )
            }
        }
    }
}

impl fmt::Display for DesignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, issue) in self.issues.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{issue}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DesignError {}
