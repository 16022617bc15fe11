//! Names for nets that the designer did not name.

use super::graph::Reader;
use super::lower::Lowering;
use crate::ir::{BinaryOp, NodeId, NodeKind};

impl Lowering<'_> {
    /// A name for a node that the designer did not name, from what it is and what it feeds.
    pub(super) fn hint(&self, node: NodeId) -> String {
        let kind = |node: NodeId| &self.module.node(node).kind;
        let word = match kind(node) {
            // A product in a wider context.
            NodeKind::Extend(value)
                if matches!(kind(*value), NodeKind::Binary(BinaryOp::Multiply, ..)) =>
            {
                return self.hint(*value);
            }
            NodeKind::Binary(op, a, b) => {
                if let Some(name) = self.comparison_name(*op, *a, *b) {
                    return name;
                }
                match op {
                    BinaryOp::Multiply => {
                        if self.names.is_free("product") {
                            return "product".into();
                        }
                        "product"
                    }
                    BinaryOp::Add => "sum",
                    BinaryOp::Subtract => "difference",
                    BinaryOp::ShiftLeft | BinaryOp::ShiftRight => "shifted",
                    BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => "logic_",
                    _ => "compare",
                }
            }
            NodeKind::MemoryWord { memory, .. } => {
                return format!("{}_word", self.memory_names[memory.index()]);
            }
            NodeKind::Unary(..) => "term",
            NodeKind::Mux { .. } | NodeKind::Case { .. } => "choice",
            NodeKind::Extend(_) => "extended",
            NodeKind::Slice { .. } => "part",
            NodeKind::Concat(_) => "joined",
            _ => "value",
        };
        let word = if word == "logic_" { "term" } else { word };
        let mut reader = self.graph.readers[node.index()].as_ref();
        let mut direct = true;
        loop {
            match reader {
                Some(Reader::Role(role)) if direct && !role.word.is_empty() => {
                    return format!("{}_{}", role.base, role.word);
                }
                Some(Reader::Role(role)) => return format!("{}_{word}", role.base),
                Some(Reader::Node(reader_node)) => {
                    let net = self.nets[reader_node.index()].as_ref().map(|net| &net.name);
                    if let Some(name) = self.designed[reader_node.index()].as_ref().or(net) {
                        return format!("{name}_{word}");
                    }
                    reader = self.graph.readers[reader_node.index()].as_ref();
                    direct = false;
                }
                None => return word.into(),
            }
        }
    }

    fn comparison_name(&self, op: BinaryOp, a: NodeId, b: NodeId) -> Option<String> {
        let verb = match op {
            BinaryOp::Equal => "is",
            BinaryOp::NotEqual => "is_not",
            BinaryOp::Less => "below",
            BinaryOp::LessOrEqual => "at_most",
            _ => return None,
        };
        let name = |node: NodeId| -> Option<String> {
            if let Some(net) = &self.nets[node.index()] {
                return Some(net.name.to_string());
            }
            match &self.module.node(node).kind {
                NodeKind::Constant {
                    state: Some((states, variant)),
                    ..
                } => {
                    let variants = &self.module.enums[states.index()].variants;
                    Some(variants.get(*variant as usize)?.name.to_lowercase())
                }
                NodeKind::Constant { bits, .. } if bits.bits() < 32 => Some(bits.to_string()),
                _ => None,
            }
        };
        let text = format!("{}_{verb}_{}", name(a)?, name(b)?);
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (text.len() <= 32 && starts_well).then_some(text)
    }
}
