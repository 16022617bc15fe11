//! The syntax tree of a module of Verilog-2005.

mod expression;

pub use expression::{BinaryOp, Expr, Net, UnaryOp};

use std::rc::Rc;

/// What an assignment writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A whole variable.
    Net(Net),
    /// A word of a memory, or some bits of it.
    Word {
        /// The memory's identifier.
        memory: Rc<str>,
        /// The address.
        index: Expr,
        /// Highest and lowest bit written; absent means all.
        bits: Option<(u32, u32)>,
    },
}

/// A statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// `target <= value;`
    NonBlocking(Target, Expr),
    /// `target = value;`
    Blocking(Target, Expr),
    /// `if (condition) then else otherwise`.
    If(Expr, Vec<Statement>, Vec<Statement>),
    /// `case (selector)`.
    Case {
        /// The selector.
        selector: Expr,
        /// Patterns that share a body, and the body.
        arms: Vec<(Vec<Expr>, Vec<Statement>)>,
        /// The default; `None` when the arms are exhaustive.
        default: Option<Vec<Statement>>,
    },
    /// `assert (condition);` and the like, with a comment beside it.
    Property(&'static str, Expr, String),
    /// `$display(text, values);`
    Display(String, Vec<Expr>),
}

impl Statement {
    /// Calls `visit` for each net read, as [`Expr::reads`].
    pub fn reads(&self, visit: &mut impl FnMut(&str, u32, u32)) {
        match self {
            Statement::NonBlocking(target, value) | Statement::Blocking(target, value) => {
                if let Target::Word { index, .. } = target {
                    index.reads(visit);
                }
                value.reads(visit);
            }
            Statement::If(condition, then, otherwise) => {
                condition.reads(visit);
                then.iter().chain(otherwise).for_each(|s| s.reads(visit));
            }
            Statement::Case {
                selector,
                arms,
                default,
            } => {
                selector.reads(visit);
                for (patterns, body) in arms {
                    patterns.iter().for_each(|p| p.reads(visit));
                    body.iter().for_each(|s| s.reads(visit));
                }
                default.iter().flatten().for_each(|s| s.reads(visit));
            }
            Statement::Property(_, condition, _) => condition.reads(visit),
            Statement::Display(_, values) => values.iter().for_each(|value| value.reads(visit)),
        }
    }
}

/// `wire`, `reg` or an array of `reg`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NetKind {
    /// Driven by an assignment or an instance.
    Wire,
    /// Driven by an `always` block.
    Variable,
    /// A memory of this many words.
    Memory {
        /// Number of words.
        depth: u32,
        /// Simulators set and read its words from outside.
        public: bool,
    },
}

/// A declaration.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What is declared.
    pub net: Net,
    /// Wire, variable or memory.
    pub kind: NetKind,
    /// `wire x = value;`
    pub value: Option<Expr>,
    /// Contents of `(* ... *)`.
    pub attributes: Vec<String>,
    /// Printed above or beside; may be empty.
    pub comment: String,
}

/// A port of a module.
#[derive(Clone, Debug)]
pub struct PortDeclaration {
    /// What is declared.
    pub net: Net,
    /// `output` when true.
    pub output: bool,
    /// `reg` when true.
    pub variable: bool,
    /// Verilog attributes, as `keep = "true"`.
    pub attributes: Vec<String>,
    /// Printed beside; may be empty.
    pub comment: String,
}

/// An instance of a module.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The module's name.
    pub module: String,
    /// Values of its parameters, as Verilog writes them.
    pub parameters: Vec<(String, String)>,
    /// The instance's name.
    pub name: String,
    /// Port names and what they connect to; a `Net` for outputs.
    pub connections: Vec<Connection>,
    /// Printed above; may be empty.
    pub comment: String,
}

/// A port of an instance.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The port's name.
    pub port: String,
    /// What it connects to.
    pub value: Expr,
    /// The instance drives it.
    pub output: bool,
}

/// The edge of an asynchronous reset at which it is asserted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResetEdge {
    /// The reset.
    pub name: Rc<str>,
    /// `negedge` when true.
    pub falling: bool,
}

/// A part of a module's body.
#[derive(Clone, Debug)]
pub enum Item {
    /// `// ---- title ----`
    Heading(String),
    /// A net, variable or memory.
    Declaration(Declaration),
    /// `assign`.
    Assign {
        /// The net.
        target: Net,
        /// Its value.
        value: Expr,
        /// Printed above; may be empty.
        comment: String,
    },
    /// An `always` block.
    Always {
        /// `posedge` clock; absent means `@*`.
        clock: Option<Rc<str>>,
        /// An asynchronous reset.
        reset: Option<ResetEdge>,
        /// What it does.
        body: Vec<Statement>,
        /// Printed above; may be empty.
        comment: String,
    },
    /// Statements at the edges of a clock at which a condition holds.
    Sampled {
        /// The clock.
        clock: Rc<str>,
        /// An asynchronous reset: at its edge the condition does not hold.
        reset: Option<ResetEdge>,
        /// The condition; none where every edge counts.
        when: Option<Expr>,
        /// The statements.
        body: Vec<Statement>,
    },
    /// An `initial` block.
    Initial(Vec<Statement>),
    /// A `final` block: SystemVerilog, for text that only simulators read.
    Final(Vec<Statement>),
    /// `localparam`s that belong together only by their width.
    Constants {
        /// Bits of each.
        width: u32,
        /// Names and values.
        entries: Vec<(Rc<str>, u64)>,
    },
    /// The `localparam`s of an enum.
    Parameters {
        /// Printed above.
        comment: String,
        /// Bits of each.
        width: u32,
        /// Names and values.
        entries: Vec<(Rc<str>, u64)>,
    },
    /// An instance.
    Instance(Instance),
    /// Text between `` `ifdef `` and `` `endif ``.
    Conditional(&'static str, Vec<Item>),
}

/// A module.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Comments above it.
    pub header: Vec<String>,
    /// Clocks and resets, then the rest.
    pub ports: Vec<PortDeclaration>,
    /// The body, in order.
    pub items: Vec<Item>,
}
