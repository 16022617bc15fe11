//! What a design will take of a chip, estimated without a tool, to say beforehand which chips have
//! room for it.
//!
//! Registers, memories and multipliers are counted in the design. Logic is the sum of what each
//! operator takes in four-input LUTs, by the weights of [`luts`]: they are such that the estimate is
//! near to what Yosys makes of whole cores (`testbench/demand.rs` compares). Optimization across
//! operators is not seen, nor what routing costs.

#[cfg(test)]
mod tests;

use super::frame::Frame;
use super::target::{Chip, Family, Room, Target};
use crate::arch::BlockRams;
use crate::hdl::ir::{BinaryOp, Design, Direction, Memory, ModuleIr, NodeId, NodeKind, UnaryOp};
use std::ops::AddAssign;

/// What a design takes of a chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Four-input LUTs, or what takes their place.
    pub logic: u64,
    /// Registers outside multipliers.
    pub registers: u64,
    /// Multipliers.
    pub multipliers: u64,
    /// Block RAMs.
    pub block_rams: u64,
    /// Single-port RAMs of iCE40 UltraPlus.
    pub large_rams: u64,
}

impl AddAssign for Demand {
    fn add_assign(&mut self, other: Demand) {
        self.logic += other.logic;
        self.registers += other.registers;
        self.multipliers += other.multipliers;
        self.block_rams += other.block_rams;
        self.large_rams += other.large_rams;
    }
}

impl Demand {
    /// Of a design with `frame` at its ports, in the cells of a target.
    pub fn of(design: &Design, target: &Target, frame: Frame) -> Demand {
        let mut modules: Vec<Demand> = Vec::new();
        for module in &design.modules {
            let mut demand = own(module, target);
            if module.cell.is_none() {
                for instance in &module.instances {
                    demand += modules[instance.module.index()];
                }
            }
            modules.push(demand);
        }
        let mut demand = modules.last().copied().unwrap_or_default();
        if frame == Frame::Harness {
            for port in &design.top().ports {
                let width = u64::from(port.shape.width);
                demand.registers += width;
                // Results are added to those that leave.
                if port.direction == Direction::Output {
                    demand.logic += width;
                }
            }
        }
        demand
    }

    /// Whether a chip has room for it. The estimate of logic may be a fifth too low.
    pub fn fits(&self, chip: &Chip) -> bool {
        const PERCENT: u64 = 80;
        let Room {
            luts,
            registers,
            shared,
            ..
        } = chip.room;
        // About every other register stands behind a LUT that feeds nothing else.
        let beside = if shared { self.registers / 2 } else { 0 };
        (self.logic + beside) * 100 <= luts * PERCENT
            && self.registers * 100 <= registers * PERCENT
            && self.multipliers <= chip.room.multipliers
            && self.block_rams <= chip.room.block_rams
            && self.large_rams <= chip.room.large_rams
    }

    /// Whether it takes less of everything, save what both do without.
    pub fn is_less(&self, than: &Demand) -> bool {
        let all = |demand: &Demand| {
            [
                demand.logic,
                demand.registers,
                demand.multipliers,
                demand.block_rams,
                demand.large_rams,
            ]
        };
        let mut pairs = all(self).into_iter().zip(all(than));
        pairs.all(|(this, other)| this < other || other == 0 && this == 0)
    }
}

/// What a module takes without its instances.
fn own(module: &ModuleIr, target: &Target) -> Demand {
    let mut demand = Demand::default();
    if module.cell.is_some() {
        // Cells of chips are block RAMs and multipliers here.
        match module.memories.is_empty() {
            true => demand.multipliers = 1,
            false => demand.block_rams = 1,
        }
        return demand;
    }
    let mut hundredths = 0;
    for id in live(module) {
        if let NodeKind::Binary(BinaryOp::Multiply, a, b) = module.node(id).kind {
            let [a, b] = [a, b].map(|id| u64::from(module.shape(id).width));
            if target.has_multipliers() && a + b >= narrowest_product(target.family) {
                demand.multipliers += 1;
            } else {
                hundredths += 210 * a * b;
            }
        } else {
            hundredths += luts(module, id);
        }
    }
    // LUTs of iCE40 are not joined to larger ones; on Gowin comparisons too take carries.
    let percent = match target.family {
        Family::Ice40 => 120,
        Family::Gowin => 125,
        _ => 100,
    };
    demand.logic = (hundredths * percent).div_ceil(10_000);
    for register in &module.registers {
        demand.registers += u64::from(module.shape(register.node).width);
    }
    for memory in &module.memories {
        demand += of_memory(memory, target.family);
    }
    demand
}

/// Products of fewer bits are made of LUTs by Yosys.
fn narrowest_product(family: Family) -> u64 {
    match family {
        Family::Ice40 => 11,
        _ => 0,
    }
}

/// What Yosys makes of a memory: of one kind of cells, the one that costs less by its tables.
fn of_memory(memory: &Memory, family: Family) -> Demand {
    let Memory { width, depth, .. } = *memory;
    let cells = |(wide, deep): (u32, u32)| {
        u64::from(width.div_ceil(wide)) * u64::from(depth.div_ceil(deep))
    };
    let mut demand = Demand::default();
    // No block RAM is read in the same cycle.
    if !memory.words.is_empty() {
        let bits = u64::from(width) * u64::from(depth);
        match family {
            Family::Ice40 => (demand.logic, demand.registers) = (bits, bits),
            _ => demand.logic = BlockRams::luts(width, depth),
        }
        return demand;
    }
    if family == Family::Ice40 {
        if memory.attributes.iter().any(|text| text.contains("huge")) {
            demand.large_rams = cells((16, 16 * 1024));
        } else {
            let shapes = [(16, 256), (8, 512), (4, 1024), (2, 2048)];
            demand.block_rams = shapes.into_iter().map(cells).min().unwrap_or(0);
        }
        return demand;
    }
    match BlockRams::luts_instead(width, depth) {
        Some(luts) => demand.logic = luts,
        None => demand.block_rams = BlockRams::of(width, depth).count(),
    }
    demand
}

/// Nodes that something outside assertions depends on.
fn live(module: &ModuleIr) -> Vec<NodeId> {
    let mut seen = vec![false; module.nodes.len()];
    let outputs = module.ports.iter();
    let outputs = outputs.filter(|port| port.direction == Direction::Output);
    let mut waiting: Vec<NodeId> = outputs.map(|port| port.node).collect();
    for register in &module.registers {
        waiting.extend(register.next);
        waiting.extend(register.enable);
    }
    for memory in &module.memories {
        for port in &memory.writes {
            waiting.extend([port.enable, port.address, port.data]);
            waiting.extend(port.mask);
        }
        for port in &memory.reads {
            waiting.push(port.address);
            waiting.extend(port.enable);
        }
    }
    for instance in &module.instances {
        waiting.extend(instance.connections.iter().flatten());
    }
    let mut nodes = Vec::new();
    while let Some(id) = waiting.pop() {
        if !std::mem::replace(&mut seen[id.index()], true) {
            nodes.push(id);
            waiting.extend(module.node(id).kind.operands());
        }
    }
    nodes
}

/// Hundredths of a LUT that an operator other than a product takes, on average: a LUT often holds
/// several. They come from comparing whole cores with what `synth_ecp5` made of them.
fn luts(module: &ModuleIr, id: NodeId) -> u64 {
    let node = module.node(id);
    let width = |id: NodeId| u64::from(module.shape(id).width);
    let constant = |id: NodeId| matches!(module.node(id).kind, NodeKind::Constant { .. });
    let bits = width(id);
    match &node.kind {
        NodeKind::Unary(UnaryOp::Not, _) => 0,
        NodeKind::Unary(UnaryOp::Negate, _) => 100 * bits,
        NodeKind::Unary(_, a) => 33 * width(*a),
        NodeKind::Binary(op, a, b) => {
            let one_is_known = constant(*a) || constant(*b);
            match op {
                BinaryOp::Add | BinaryOp::Subtract if one_is_known => 50 * bits,
                BinaryOp::Add | BinaryOp::Subtract => 100 * bits,
                BinaryOp::Equal | BinaryOp::NotEqual if one_is_known => 25 * width(*a),
                BinaryOp::Equal | BinaryOp::NotEqual => 50 * width(*a),
                BinaryOp::Less | BinaryOp::LessOrEqual => 50 * width(*a),
                BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => 25 * bits,
                BinaryOp::ShiftLeft | BinaryOp::ShiftRight if constant(*b) => 0,
                BinaryOp::ShiftLeft | BinaryOp::ShiftRight => 70 * bits * width(*b),
                BinaryOp::Multiply => 0,
            }
        }
        NodeKind::Mux {
            then, otherwise, ..
        } if constant(*then) || constant(*otherwise) => 25 * bits,
        NodeKind::Mux { .. } => 70 * bits,
        NodeKind::Case { arms, .. } => 30 * bits * arms.len() as u64,
        _ => 0,
    }
}
