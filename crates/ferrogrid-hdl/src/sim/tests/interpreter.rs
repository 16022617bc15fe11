//! A slow, direct reading of the intermediate form: what the compiled programs must equal.

use super::super::flatten::{FlatNode, Hierarchy};
use crate::Shape;
use crate::ir::{BinaryOp, Memory, NodeId, NodeKind, PortId, UnaryOp};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, ToPrimitive, Zero};
use std::collections::HashMap;

/// A design with one clock, computed node by node on big integers.
pub(super) struct Interpreter<'d> {
    hierarchy: &'d Hierarchy<'d>,
    pub inputs: HashMap<PortId, BigUint>,
    pub reset: bool,
    /// Registers and memory read data by flat node.
    state: Vec<BigUint>,
    /// Words by scope and memory.
    memories: HashMap<(u32, usize), Vec<BigUint>>,
    settled: Vec<Option<BigUint>>,
}

impl<'d> Interpreter<'d> {
    pub(super) fn new(hierarchy: &'d Hierarchy<'d>) -> Self {
        let mut interpreter = Interpreter {
            hierarchy,
            inputs: HashMap::new(),
            reset: false,
            state: vec![BigUint::zero(); hierarchy.nodes],
            memories: HashMap::new(),
            settled: vec![None; hierarchy.nodes],
        };
        for scope in 0..hierarchy.scopes.len() as u32 {
            let module = hierarchy.module(scope);
            for register in &module.registers {
                let number = hierarchy.number(FlatNode {
                    scope,
                    node: register.node,
                });
                interpreter.state[number] = register.reset.clone().unwrap_or_default();
            }
            for (index, memory) in module.memories.iter().enumerate() {
                let mut words = memory.init.clone().unwrap_or_default();
                words.resize(memory.depth as usize, BigUint::zero());
                interpreter.memories.insert((scope, index), words);
            }
        }
        interpreter
    }

    /// To be called when inputs have changed.
    pub(super) fn unsettle(&mut self) {
        self.settled.fill(None);
    }

    pub(super) fn value(&mut self, at: FlatNode) -> BigInt {
        let bits = self.bits(at);
        self.hierarchy
            .module(at.scope)
            .shape(at.node)
            .from_bits(&bits)
    }

    fn bits(&mut self, at: FlatNode) -> BigUint {
        let number = self.hierarchy.number(at);
        if let Some(bits) = &self.settled[number] {
            return bits.clone();
        }
        let bits = self.compute(at);
        self.settled[number] = Some(bits.clone());
        bits
    }

    fn compute(&mut self, at: FlatNode) -> BigUint {
        if let Some(same) = self.hierarchy.alias(at) {
            return self.bits(same);
        }
        let hierarchy = self.hierarchy;
        let module = hierarchy.module(at.scope);
        let shape = module.shape(at.node);
        let here = |node: NodeId| FlatNode {
            scope: at.scope,
            node,
        };
        let ones = |width: u32| (BigUint::one() << width) - 1u32;
        match &module.node(at.node).kind {
            NodeKind::Input(port) => self.inputs.get(port).cloned().unwrap_or_default(),
            NodeKind::Register(_) | NodeKind::MemoryRead { .. } => {
                self.state[hierarchy.number(at)].clone()
            }
            NodeKind::MemoryWord { memory, address } => {
                let address = self.bits(here(*address)).to_usize();
                let words = &self.memories[&(at.scope, memory.index())];
                let word = address.and_then(|address| words.get(address));
                word.cloned().unwrap_or_default()
            }
            NodeKind::Constant { bits, .. } => bits.clone(),
            NodeKind::Unary(op, a) => {
                let (bits, value) = (self.bits(here(*a)), self.value(here(*a)));
                let width = module.shape(*a).width;
                match op {
                    UnaryOp::Not => ones(width) ^ bits,
                    UnaryOp::Negate => shape.to_bits(&-value),
                    UnaryOp::ReduceAnd => BigUint::from(bits == ones(width)),
                    UnaryOp::ReduceOr => BigUint::from(!bits.is_zero()),
                    UnaryOp::ReduceXor => BigUint::from(bits.count_ones() % 2),
                }
            }
            NodeKind::Binary(op, a, b) => {
                let (a, b) = (self.value(here(*a)), self.value(here(*b)));
                shape.to_bits(&binary(*op, shape, &a, &b))
            }
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => {
                let taken = self.bits(here(*condition)).is_one();
                self.bits(here(if taken { *then } else { *otherwise }))
            }
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                let selector = self.bits(here(*selector));
                let arm = arms.iter().find(|(pattern, _)| pattern.bits == selector);
                self.bits(here(arm.map_or(*default, |(_, value)| *value)))
            }
            NodeKind::Slice { value, lsb } => (self.bits(here(*value)) >> *lsb) & ones(shape.width),
            NodeKind::Concat(parts) => parts.iter().fold(BigUint::zero(), |high, part| {
                high << module.shape(*part).width | self.bits(here(*part))
            }),
            NodeKind::Extend(a) => shape.to_bits(&self.value(here(*a))),
            NodeKind::Wire { .. } | NodeKind::InstanceOutput { .. } | NodeKind::Cast(_) => {
                unreachable!("these are aliases")
            }
        }
    }

    pub(super) fn step(&mut self) {
        let mut next = self.state.clone();
        let mut memories = self.memories.clone();
        for scope in 0..self.hierarchy.scopes.len() as u32 {
            let module = self.hierarchy.module(scope);
            let at = |node: NodeId| FlatNode { scope, node };
            for register in &module.registers {
                let place = self.hierarchy.number(at(register.node));
                let enabled = register.enable.is_none_or(|e| self.bits(at(e)).is_one());
                match &register.reset {
                    Some(value) if self.reset => next[place] = value.clone(),
                    _ if enabled => {
                        next[place] = self.bits(at(register.next.expect("a closed design")));
                    }
                    _ => {}
                }
            }
            for (index, memory) in module.memories.iter().enumerate() {
                for read in &memory.reads {
                    if read
                        .enable
                        .is_none_or(|enable| self.bits(at(enable)).is_one())
                    {
                        let address = self.bits(at(read.address)).to_usize();
                        let word = address.and_then(|at| self.memories[&(scope, index)].get(at));
                        next[self.hierarchy.number(at(read.data))] =
                            word.cloned().unwrap_or_default();
                    }
                }
                let words = memories
                    .get_mut(&(scope, index))
                    .expect("made at the start");
                self.write(memory, words, at);
            }
        }
        self.state = next;
        self.memories = memories;
        self.unsettle();
    }

    fn write(&mut self, memory: &Memory, words: &mut [BigUint], at: impl Fn(NodeId) -> FlatNode) {
        for write in &memory.writes {
            let address = self.bits(at(write.address)).to_usize();
            let data = self.bits(at(write.data));
            let mask = write.mask.map(|mask| self.bits(at(mask)));
            let word = address.and_then(|address| words.get_mut(address));
            if let (Some(word), true) = (word, self.bits(at(write.enable)).is_one()) {
                for bit in 0..u64::from(memory.width) {
                    let granule = bit / u64::from(memory.granularity);
                    if mask.as_ref().is_none_or(|mask| mask.bit(granule)) {
                        word.set_bit(bit, data.bit(bit));
                    }
                }
            }
        }
    }
}

fn binary(op: BinaryOp, shape: Shape, a: &BigInt, b: &BigInt) -> BigInt {
    let flag = |value: bool| BigInt::from(u8::from(value));
    let amount = b.to_u32().filter(|amount| *amount < shape.width);
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Equal => flag(a == b),
        BinaryOp::NotEqual => flag(a != b),
        BinaryOp::Less => flag(a < b),
        BinaryOp::LessOrEqual => flag(a <= b),
        BinaryOp::ShiftLeft => amount.map_or_else(BigInt::zero, |amount| a << amount),
        BinaryOp::ShiftRight => a >> amount.unwrap_or(shape.width),
    }
}
