//! The closed, checked form of a design: what emitters and simulators read.
//!
//! A [`Design`] is a list of modules in which every module stands after the modules it
//! instantiates. A [`ModuleIr`] is a graph of nodes, each of one [`Shape`]. Node ids are
//! indices into [`ModuleIr::nodes`]; they depend only on the order of construction, so that
//! the same input always gives the same design and the same text.
//!
//! # Meaning
//!
//! Values are bit patterns of exactly the node's width. Arithmetic wraps to the width of the
//! node. The operands of a node obey the rules stated at [`NodeKind`]; the builder enforces
//! them, so that a reader may rely on them.

use super::{Shape, VendorCell, Warning};
use num_bigint::BigUint;
use smallvec::{SmallVec, smallvec};
use std::panic::Location;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// The id as an index into its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// Index into [`Design::modules`].
    ModuleId
);
id!(
    /// Index into [`ModuleIr::nodes`].
    NodeId
);
id!(
    /// Index into [`ModuleIr::ports`].
    PortId
);
id!(
    /// Index into [`ModuleIr::registers`].
    RegisterId
);
id!(
    /// Index into [`ModuleIr::memories`].
    MemoryId
);
id!(
    /// Index into [`ModuleIr::instances`].
    InstanceId
);
id!(
    /// Index into [`ModuleIr::domains`]; domain 0 is the module's default.
    DomainId
);
id!(
    /// Index into [`ModuleIr::enums`].
    EnumId
);

/// A checked design.
#[derive(Debug, Clone)]
pub struct Design {
    /// All modules, each after those it instantiates; the last one is the top.
    pub modules: Vec<Arc<ModuleIr>>,
    /// What closing found that is legal, but hardly meant, in the order of the modules.
    pub warnings: Vec<Warning>,
}

impl Design {
    /// The outermost module.
    pub fn top(&self) -> &ModuleIr {
        self.modules.last().expect("a design has a top module")
    }

    /// The module with this id.
    pub fn module(&self, id: ModuleId) -> &ModuleIr {
        &self.modules[id.index()]
    }
}

/// One module: ports, a graph of nodes, and the state and instances in it.
#[derive(Debug, Clone)]
pub struct ModuleIr {
    /// The Verilog module name, used exactly.
    pub name: String,
    /// What the module is for; printed above it.
    pub doc: String,
    /// The vendor's cell of which the module is the simulation model: instances are printed as
    /// instances of the cell.
    pub cell: Option<VendorCell>,
    /// The memory that the module is, made of cells, if it is one.
    pub memory: Option<MemorySize>,
    /// Ports in declaration order, clocks and resets excluded (see [`Domain`]).
    pub ports: Vec<Port>,
    /// Clock domains; the first is the default.
    pub domains: Vec<Domain>,
    /// The graph.
    pub nodes: Vec<Node>,
    /// Registers.
    pub registers: Vec<Register>,
    /// Memories.
    pub memories: Vec<Memory>,
    /// Instances of other modules.
    pub instances: Vec<Instance>,
    /// Assertions, assumptions and cover points.
    pub properties: Vec<Property>,
    /// State encodings used by registers and constants of this module.
    pub enums: Vec<EnumType>,
    /// `// ---- heading ----` lines, each before the first node made after it.
    pub sections: Vec<Section>,
}

impl ModuleIr {
    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The shape of a node.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.nodes[id.index()].shape
    }

    /// The port of this name.
    pub fn port(&self, name: &str) -> Option<(PortId, &Port)> {
        let index = self.ports.iter().position(|port| port.name == name)?;
        Some((PortId(index as u32), &self.ports[index]))
    }
}

/// Size of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySize {
    /// Width of a word in bits.
    pub width: u32,
    /// Number of words.
    pub depth: u32,
}

/// A heading in the module's text.
#[derive(Debug, Clone)]
pub struct Section {
    /// The first node (by id) that belongs to the section.
    pub first_node: NodeId,
    /// The heading.
    pub title: String,
}

/// Direction of a port, seen from inside the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Driven from outside.
    Input,
    /// Driven by the module.
    Output,
}

/// A port. Clock and reset ports are not in this list; they belong to their [`Domain`].
#[derive(Debug, Clone)]
pub struct Port {
    /// The name, used exactly.
    pub name: String,
    /// Direction, seen from inside.
    pub direction: Direction,
    /// Shape.
    pub shape: Shape,
    /// For an input its [`NodeKind::Input`] node, for an output the node that drives it,
    /// which may have the port's name and then is the port.
    pub node: NodeId,
    /// The domain that an input belongs to, for the clock-crossing check.
    pub domain: DomainId,
    /// Printed beside the port; may be empty.
    pub comment: String,
    /// The enum whose values it carries.
    pub of: Option<EnumId>,
}

/// A clock with an optional reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Name of the clock port.
    pub clock: String,
    /// Name of the reset port.
    pub reset: String,
    /// The reset port is asserted when 0.
    pub reset_active_low: bool,
    /// Registers are reset as soon as the reset is asserted, not at the next rising edge.
    pub asynchronous_reset: bool,
    /// Something in this module or below it is clocked by it: the clock port exists.
    pub uses_clock: bool,
    /// Something in this module or below it is reset by it: the reset port exists.
    pub uses_reset: bool,
}

/// A node: one value of one shape.
#[derive(Debug, Clone)]
pub struct Node {
    /// How the value arises.
    pub kind: NodeKind,
    /// Its shape.
    pub shape: Shape,
    /// The name given by the designer; registers, wires and memories always have one.
    pub name: Option<String>,
    /// Printed above the declaration; may be empty.
    pub comment: String,
    /// Verilog attributes of a wire or of the output of an instance, as `keep = "true"`.
    pub attributes: Vec<String>,
    /// The module declares that it does not read this input or wire.
    pub allow_unused: bool,
    /// A wire or register whose value `when` and `switch` describe: printed as `if` and `case`.
    pub procedural: bool,
    /// The line of Rust that made the node.
    pub location: &'static Location<'static>,
}

/// How a node's value arises, and what its operands must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// The value of an input port.
    Input(PortId),
    /// A constant bit pattern, printed as a state name when `state` says so.
    Constant {
        /// The bit pattern, less than 2^width.
        bits: BigUint,
        /// Enumeration and variant index it stands for.
        state: Option<(EnumId, u32)>,
    },
    /// A named wire. In a closed design it is driven by a node of its own shape.
    Wire {
        /// The driver; `Some` in a closed design.
        driver: Option<NodeId>,
    },
    /// The output of a register.
    Register(RegisterId),
    /// The registered output of a memory's read port.
    MemoryRead {
        /// The memory.
        memory: MemoryId,
        /// Index into [`Memory::reads`].
        port: u32,
    },
    /// The word of a memory at an address, in the same cycle.
    MemoryWord {
        /// The memory.
        memory: MemoryId,
        /// Unsigned, wide enough for the depth.
        address: NodeId,
    },
    /// An output of an instance.
    InstanceOutput {
        /// The instance.
        instance: InstanceId,
        /// The output port of the instance's module.
        port: PortId,
    },
    /// A unary operator.
    Unary(UnaryOp, NodeId),
    /// A binary operator.
    Binary(BinaryOp, NodeId, NodeId),
    /// `condition ? then : otherwise`; the condition is one unsigned bit, both values have the node's
    /// shape.
    Mux {
        /// One bit.
        condition: NodeId,
        /// Value when the condition is 1.
        then: NodeId,
        /// Value when the condition is 0.
        otherwise: NodeId,
    },
    /// The value of the first arm whose pattern equals the selector, else the default. Patterns
    /// are distinct and fit the selector's width; all values have the node's shape.
    Case {
        /// The selector, unsigned.
        selector: NodeId,
        /// Bit pattern of the selector and value.
        arms: Vec<(CasePattern, NodeId)>,
        /// Value when no arm matches.
        default: NodeId,
    },
    /// Bits `lsb .. lsb + width` of the operand; the result is unsigned.
    Slice {
        /// The operand.
        value: NodeId,
        /// The lowest bit taken.
        lsb: u32,
    },
    /// Concatenation, most significant operand first; the result is unsigned.
    Concat(Vec<NodeId>),
    /// The operand widened to the node's width: with its sign when it is signed, else with
    /// zeros. Signedness stays; the node is wider than the operand.
    Extend(NodeId),
    /// The same bits with the node's signedness; the widths are equal.
    Cast(NodeId),
}

/// Few for most nodes.
pub type Operands = SmallVec<[NodeId; 4]>;

impl NodeKind {
    /// The operands within the module, in order. State (registers, memories) and instances have
    /// none: what feeds them stands in their own tables.
    pub fn operands(&self) -> Operands {
        match self {
            NodeKind::Input(_)
            | NodeKind::Constant { .. }
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::InstanceOutput { .. } => Operands::new(),
            NodeKind::Wire { driver } => driver.iter().copied().collect(),
            NodeKind::Unary(_, a)
            | NodeKind::MemoryWord { address: a, .. }
            | NodeKind::Slice { value: a, .. }
            | NodeKind::Extend(a)
            | NodeKind::Cast(a) => smallvec![*a],
            NodeKind::Binary(_, a, b) => smallvec![*a, *b],
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => smallvec![*condition, *then, *otherwise],
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                let mut all = Operands::from_slice(&[*selector]);
                all.extend(arms.iter().map(|(_, value)| *value));
                all.push(*default);
                all
            }
            NodeKind::Concat(parts) => Operands::from_slice(parts),
        }
    }
}

/// A pattern of a [`NodeKind::Case`] arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePattern {
    /// The selector's bit pattern.
    pub bits: BigUint,
    /// Enumeration and variant index it stands for.
    pub state: Option<(EnumId, u32)>,
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnaryOp {
    /// Bitwise complement; the shape stays.
    Not,
    /// Two's complement negation; the shape stays and the value wraps.
    Negate,
    /// All bits are 1; one unsigned bit.
    ReduceAnd,
    /// Some bit is 1; one unsigned bit.
    ReduceOr,
    /// Parity; one unsigned bit.
    ReduceXor,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum BinaryOp {
    /// Sum of equal shapes, wrapping.
    Add,
    /// Difference of equal shapes, wrapping.
    Subtract,
    /// Product of equal signedness; the width is the sum of the operands' widths.
    Multiply,
    /// Bitwise and of equal shapes.
    And,
    /// Bitwise or of equal shapes.
    Or,
    /// Bitwise exclusive or of equal shapes.
    Xor,
    /// Equality of equal shapes; one unsigned bit.
    Equal,
    /// Inequality of equal shapes; one unsigned bit.
    NotEqual,
    /// Less-than of equal shapes, by their signedness; one unsigned bit.
    Less,
    /// Less-or-equal of equal shapes, by their signedness; one unsigned bit.
    LessOrEqual,
    /// Left shift by an unsigned amount; the left operand's shape stays; an amount of the
    /// width or more gives 0.
    ShiftLeft,
    /// Right shift by an unsigned amount, with the sign for a signed left operand, whose shape
    /// stays; an amount of the width or more leaves only copies of the sign (or 0).
    ShiftRight,
}

/// A register: on each rising edge, the reset value when reset is asserted, else `next` when
/// enabled, else unchanged. Where the domain's reset is asynchronous, the reset value as long as
/// it is asserted.
#[derive(Debug, Clone)]
pub struct Register {
    /// Its [`NodeKind::Register`] node, which carries name and shape.
    pub node: NodeId,
    /// Clock domain.
    pub domain: DomainId,
    /// One bit; absent means always.
    pub enable: Option<NodeId>,
    /// Reset value; absent means that the reset does not touch it.
    pub reset: Option<BigUint>,
    /// The next value; `Some` in a closed design.
    pub next: Option<NodeId>,
    /// The enumeration whose variants it holds.
    pub states: Option<EnumId>,
    /// It takes its value from another domain on purpose.
    pub synchronizer: bool,
    /// Verilog attributes, as `keep = "true"`.
    pub attributes: Vec<String>,
}

/// A memory with synchronous writes, and reads of latency 1 or 0.
///
/// A write port stores on the rising edge when enabled. A read port samples its address on the
/// rising edge when enabled and shows the word after it; otherwise its output keeps its value.
/// A read in the cycle of a write to the same address gives the old word.
#[derive(Debug, Clone)]
pub struct Memory {
    /// Instance name.
    pub name: String,
    /// Width of a word in bits.
    pub width: u32,
    /// Number of words. Addresses at or above it are never written and read as undefined.
    pub depth: u32,
    /// Bits per write-mask bit; `width` without masks. Divides the width.
    pub granularity: u32,
    /// Initial words from address 0; absent means undefined.
    pub init: Option<Vec<BigUint>>,
    /// The design never reads an address in the cycle in which it is written (checked by the
    /// native simulator); lets tools leave out bypass logic.
    pub no_collision: bool,
    /// Its words are set and read from outside by the simulator that runs the design.
    pub public: bool,
    /// Write ports.
    pub writes: Vec<WritePort>,
    /// Read ports of latency 1.
    pub reads: Vec<ReadPort>,
    /// Its [`NodeKind::MemoryWord`] nodes: reads of latency 0, which show a word written from the
    /// next cycle on.
    pub words: Vec<NodeId>,
    /// Verilog attributes, as `ram_style = "block"`.
    pub attributes: Vec<String>,
    /// Printed above the declaration; may be empty.
    pub comment: String,
    /// The line of Rust that made it.
    pub location: &'static Location<'static>,
}

/// A synchronous write port.
#[derive(Debug, Clone)]
pub struct WritePort {
    /// Clock domain.
    pub domain: DomainId,
    /// One bit.
    pub enable: NodeId,
    /// Unsigned, wide enough for the depth.
    pub address: NodeId,
    /// Unsigned, of the memory's width.
    pub data: NodeId,
    /// One bit per granule, lowest granule first; absent means the whole word.
    pub mask: Option<NodeId>,
}

/// A synchronous read port of latency 1.
#[derive(Debug, Clone)]
pub struct ReadPort {
    /// Clock domain.
    pub domain: DomainId,
    /// One bit; absent means always.
    pub enable: Option<NodeId>,
    /// Unsigned, wide enough for the depth.
    pub address: NodeId,
    /// Its [`NodeKind::MemoryRead`] node, which carries the name of the data register.
    pub data: NodeId,
}

/// An instance of another module of the design.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Instance name.
    pub name: String,
    /// What is instantiated.
    pub module: ModuleId,
    /// For each port of the module, in its order: the node that feeds an input, or the
    /// [`NodeKind::InstanceOutput`] node of an output. All are `Some` in a closed design.
    pub connections: Vec<Option<NodeId>>,
    /// For each domain of the module: the domain of this module that clocks it.
    pub domains: Vec<DomainId>,
    /// The first node made after the instance: where it stands among the module's parts.
    pub first_node: NodeId,
    /// Printed above the instance; may be empty.
    pub comment: String,
    /// The line of Rust that made it.
    pub location: &'static Location<'static>,
}

/// What a [`Property`] says of its condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PropertyKind {
    /// Must hold at every rising edge outside reset.
    Assert,
    /// Formal tools may take it for granted; simulators check it like an assertion.
    Assume,
    /// Should be 1 at some rising edge outside reset.
    Cover,
}

/// A condition watched at every rising edge outside reset.
#[derive(Debug, Clone)]
pub struct Property {
    /// Assert, assume or cover.
    pub kind: PropertyKind,
    /// A name, unique in the module.
    pub name: String,
    /// One bit.
    pub condition: NodeId,
    /// The clock at whose edges the condition counts.
    pub domain: DomainId,
    /// What it means when an assertion fails.
    pub message: String,
    /// The line of Rust that made it.
    pub location: &'static Location<'static>,
}

/// An enum: states of a machine, opcodes, error codes; or constants that have names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// The Rust type's name, or that of the constant.
    pub name: String,
    /// Width of the encodings in bits.
    pub width: u32,
    /// It is one constant that has a name.
    pub constant: bool,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// A value of an [`EnumType`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// As Verilog writes it (`LOAD_TILE`).
    pub name: String,
    /// Its bits.
    pub encoding: u64,
}

impl EnumType {
    /// The names by encoding, empty where there is none; nothing if encodings are large.
    pub fn by_encoding(&self) -> Vec<String> {
        let largest = self.variants.iter().map(|v| v.encoding).max().unwrap_or(0);
        let mut names = Vec::new();
        if largest < 1024 {
            names.resize(largest as usize + 1, String::new());
            for variant in &self.variants {
                names[variant.encoding as usize].clone_from(&variant.name);
            }
        }
        names
    }
}
