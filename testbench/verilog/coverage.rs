//! The random designs hold every operator at every class of width, signed and unsigned.

use ferrogrid::hdl::elaborate;
use ferrogrid::hdl::ir::{BinaryOp, ModuleIr, NodeId, NodeKind, UnaryOp};
use ferrogrid::verify::random_design::RandomDesign;
use std::collections::BTreeMap;

/// Classes of width, by what simulators store them in: bits, words, and several words.
const CLASSES: [(&str, u32, u32); 4] = [
    ("1", 1, 1),
    ("2 to 32", 2, 32),
    ("33 to 64", 33, 64),
    ("above 64", 65, u32::MAX),
];

/// An operator and the operand that decides how it is computed.
fn operator(kind: &NodeKind) -> Option<(&'static str, NodeId)> {
    Some(match kind {
        NodeKind::Unary(op, a) => {
            let name = match op {
                UnaryOp::Not => "not",
                UnaryOp::Negate => "negate",
                UnaryOp::ReduceAnd => "reduce and",
                UnaryOp::ReduceOr => "reduce or",
                UnaryOp::ReduceXor => "reduce xor",
            };
            (name, *a)
        }
        NodeKind::Binary(op, a, _) => {
            let name = match op {
                BinaryOp::Add => "add",
                BinaryOp::Subtract => "subtract",
                BinaryOp::Multiply => "multiply",
                BinaryOp::And => "and",
                BinaryOp::Or => "or",
                BinaryOp::Xor => "xor",
                BinaryOp::Equal => "equal",
                BinaryOp::NotEqual => "not equal",
                BinaryOp::Less => "less",
                BinaryOp::LessOrEqual => "less or equal",
                BinaryOp::ShiftLeft => "shift left",
                BinaryOp::ShiftRight => "shift right",
            };
            (name, *a)
        }
        NodeKind::Mux { then, .. } => ("mux", *then),
        NodeKind::Case { default, .. } => ("case", *default),
        NodeKind::Slice { value, .. } => ("slice", *value),
        NodeKind::Concat(parts) => ("concat", *parts.first()?),
        NodeKind::Extend(value) => ("extend", *value),
        NodeKind::Cast(value) => ("cast", *value),
        NodeKind::Input(_)
        | NodeKind::Constant { .. }
        | NodeKind::Wire { .. }
        | NodeKind::Register(_)
        | NodeKind::MemoryRead { .. }
        | NodeKind::MemoryWord { .. }
        | NodeKind::InstanceOutput { .. } => return None,
    })
}

const OPERATORS: [&str; 23] = [
    "not",
    "negate",
    "reduce and",
    "reduce or",
    "reduce xor",
    "add",
    "subtract",
    "multiply",
    "and",
    "or",
    "xor",
    "equal",
    "not equal",
    "less",
    "less or equal",
    "shift left",
    "shift right",
    "mux",
    "case",
    "slice",
    "concat",
    "extend",
    "cast",
];

type Counts = BTreeMap<(&'static str, &'static str, bool), u32>;

fn count(module: &ModuleIr, counts: &mut Counts) {
    for node in &module.nodes {
        let Some((name, operand)) = operator(&node.kind) else {
            continue;
        };
        let shape = module.shape(operand);
        let class = CLASSES
            .iter()
            .find(|(_, least, most)| (*least..=*most).contains(&shape.width));
        let (class, ..) = class.expect("the classes hold all widths");
        *counts.entry((name, class, shape.signed)).or_default() += 1;
    }
}

/// The combinations of operator, class of width and signedness that no design has.
pub fn holes(designs: &[RandomDesign]) -> Vec<String> {
    let mut counts = Counts::new();
    for random in designs {
        let design = elaborate(random).unwrap_or_else(|error| panic!("{random:?}: {error}"));
        design
            .modules
            .iter()
            .for_each(|module| count(module, &mut counts));
    }
    let mut holes = Vec::new();
    for name in OPERATORS {
        for (class, ..) in CLASSES {
            for signed in [false, true] {
                // All of one bit is the bit, or its cast.
                let possible = (name, class) != ("slice", "1");
                if possible && !counts.contains_key(&(name, class, signed)) {
                    let sign = if signed { "signed" } else { "unsigned" };
                    holes.push(format!("{name} of {sign} {class} bits"));
                }
            }
        }
    }
    holes
}
