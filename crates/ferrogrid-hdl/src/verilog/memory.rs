//! Memories as arrays with synchronous ports.

use super::ast::{BinaryOp, Expr, Item, Net, NetKind, Statement, Target};
use super::lower::Lowering;
use super::simplify::{constant, is_exhaustive};
use crate::ir::{DomainId, Memory, NodeId, WritePort};
use crate::{index_bits, unsigned};
use num_bigint::BigUint;
use num_traits::Zero;
use std::rc::Rc;

impl Lowering<'_> {
    /// Declares the memories and prints their ports: one `always` block per memory and clock.
    pub(super) fn memories(&mut self) {
        for (index, memory) in self.module.memories.iter().enumerate() {
            let name = self.memory_names[index].clone();
            let mut domains: Vec<DomainId> = Vec::new();
            let used = memory.writes.iter().map(|write| write.domain);
            for domain in used.chain(memory.reads.iter().map(|read| read.domain)) {
                if !domains.contains(&domain) {
                    domains.push(domain);
                }
            }
            let position = memory_position(memory);
            let writes: Vec<&WritePort> = memory
                .writes
                .iter()
                .filter(|write| self.can_write(memory, write))
                .collect();
            if writes.is_empty() && memory.words.is_empty() && !memory.public {
                self.table_memory(memory);
                continue;
            }
            // Yosys makes registers of an array of which only fixed words are written.
            for write in &writes {
                if self.has_fixed_address(write) {
                    self.materialize(write.address);
                }
            }
            let mut attributes = Vec::new();
            if memory.no_collision {
                attributes.push("no_rw_check".to_owned());
            }
            attributes.extend(memory.attributes.iter().cloned());
            let net = Net {
                name: name.clone(),
                width: memory.width,
                signed: false,
            };
            let kind = NetKind::Memory {
                depth: memory.depth,
                public: memory.public,
            };
            self.declare(position, net, kind, attributes, memory.comment.clone());
            self.initial(position, memory, &name, writes.is_empty() && !memory.public);
            for domain in domains {
                let mut body = Vec::new();
                for write in writes.iter().filter(|write| write.domain == domain) {
                    body.extend(self.write(memory, &name, write));
                }
                for read in memory.reads.iter().filter(|read| read.domain == domain) {
                    let Some(net) = self.nets[read.data.index()].clone() else {
                        continue;
                    };
                    let index = self.index(memory, read.address);
                    let word = Expr::Word {
                        memory: name.clone(),
                        width: memory.width,
                        index: Box::new(index),
                    };
                    let statement = Statement::NonBlocking(Target::Net(net.clone()), word);
                    let enable = read.enable.map(|enable| self.operand(enable));
                    let read = guarded(enable, vec![statement]);
                    if read.is_empty() {
                        self.tie(&net, constant(unsigned(memory.width), &BigUint::ZERO));
                    }
                    body.extend(read);
                }
                if body.is_empty() {
                    continue;
                }
                let clock = Some(self.module.domains[domain.index()].clock.as_str().into());
                self.place(
                    position,
                    Item::Always {
                        clock,
                        reset: None,
                        body,
                        comment: String::new(),
                    },
                );
            }
        }
    }

    /// A memory that is never written: its words as the arms of a `case`, from which tools make
    /// a ROM; its attributes go to the registers of the data read. Words without an initial
    /// value are 0.
    fn table_memory(&mut self, memory: &Memory) {
        let width = index_bits(u64::from(memory.depth));
        let shape = unsigned(memory.width);
        for read in &memory.reads {
            let Some(net) = self.nets[read.data.index()].clone() else {
                continue;
            };
            let store = |word: &BigUint| {
                let to = Target::Net(net.clone());
                vec![Statement::NonBlocking(to, constant(shape, word))]
            };
            let words = memory.init.as_deref().unwrap_or_default();
            let arms: Vec<_> = words
                .iter()
                .zip(0u32..memory.depth)
                .filter(|(word, _)| !word.is_zero())
                .map(|(word, address)| (vec![Expr::unsigned(width, address)], store(word)))
                .collect();
            let exhaustive = is_exhaustive(arms.len(), width);
            let selector = self.index(memory, read.address);
            let body = if arms.is_empty() {
                store(&BigUint::ZERO)
            } else {
                let default = (!exhaustive).then(|| store(&BigUint::ZERO));
                vec![Statement::Case {
                    selector,
                    arms,
                    default,
                }]
            };
            let enable = read.enable.map(|enable| self.operand(enable));
            let body = guarded(enable, body);
            if body.is_empty() {
                self.tie(&net, constant(shape, &BigUint::ZERO));
                continue;
            }
            self.edit_declaration(&net, |_, attributes| {
                attributes.extend(memory.attributes.iter().cloned());
            });
            let clock = Some(
                self.module.domains[read.domain.index()]
                    .clock
                    .as_str()
                    .into(),
            );
            let comment = memory.comment.clone();
            self.place(
                read.data.0,
                Item::Always {
                    clock,
                    reset: None,
                    body,
                    comment,
                },
            );
        }
    }

    /// False for a port that is never enabled, masks everything or names no word.
    fn can_write(&self, memory: &Memory, write: &WritePort) -> bool {
        let value = |node: NodeId| self.graph.values[node.index()].as_ref();
        value(write.enable) != Some(&BigUint::ZERO)
            && write.mask.and_then(value) != Some(&BigUint::ZERO)
            && value(write.address).is_none_or(|address| *address < memory.depth.into())
    }

    fn has_fixed_address(&self, write: &WritePort) -> bool {
        matches!(
            self.expressions[write.address.index()],
            Some(Expr::Constant { .. })
        )
    }

    /// The initial words: of a memory that is never written all of them.
    fn initial(&mut self, position: u32, memory: &Memory, name: &Rc<str>, fixed: bool) {
        let mut words = memory.init.clone().unwrap_or_default();
        if fixed {
            words.resize(memory.depth as usize, BigUint::ZERO);
        }
        if words.is_empty() {
            return;
        }
        let width = index_bits(u64::from(memory.depth));
        let shape = unsigned(memory.width);
        let body = words.iter().zip(0u32..memory.depth).map(|(word, address)| {
            let index = Expr::unsigned(width, address);
            let target = Target::Word {
                memory: name.clone(),
                index,
                bits: None,
            };
            Statement::Blocking(target, constant(shape, word))
        });
        let body = body.collect();
        self.place(position, Item::Initial(body));
    }

    fn write(&mut self, memory: &Memory, name: &Rc<str>, write: &WritePort) -> Vec<Statement> {
        let enable = self.operand(write.enable);
        let index = self.index(memory, write.address);
        let target = |bits| Target::Word {
            memory: name.clone(),
            index: index.clone(),
            bits,
        };
        let body = match write.mask {
            None => {
                let data = self.operand(write.data);
                vec![Statement::NonBlocking(target(None), data)]
            }
            Some(mask) => {
                let granules = memory.width / memory.granularity;
                let mask = self.sliceable(mask, 1, granules);
                let data = self.sliceable(write.data, memory.granularity, granules);
                let granule = |granule: u32| {
                    let lsb = granule * memory.granularity;
                    let bits = (granules > 1).then_some((lsb + memory.granularity - 1, lsb));
                    let data = data.slice(lsb, memory.granularity);
                    let data = data.expect("a sliceable expression has slices");
                    let selected = mask
                        .slice(granule, 1)
                        .expect("a sliceable expression has slices");
                    guarded(
                        Some(selected),
                        vec![Statement::NonBlocking(target(bits), data)],
                    )
                };
                (0..granules).flat_map(granule).collect()
            }
        };
        let enable = match self.in_range(memory, write.address) {
            Some(in_range) => match enable {
                Expr::Constant { bits, .. } if bits == 1u32.into() => in_range,
                enable => Expr::binary(BinaryOp::LogicalAnd, enable, in_range),
            },
            None => enable,
        };
        guarded(Some(enable), body)
    }

    /// The node as something of which all parts of `width` bits can be written.
    fn sliceable(&mut self, node: NodeId, width: u32, parts: u32) -> Expr {
        let whole = self.whole(node);
        let all = (0..parts).all(|part| whole.slice(part * width, width).is_some());
        if all && matches!(whole, Expr::Concat(_)) {
            whole
        } else {
            self.simple(node)
        }
    }

    /// The address as an index: unsigned, and no wider than the depth asks for.
    pub(super) fn index(&mut self, memory: &Memory, address: NodeId) -> Expr {
        let width = index_bits(u64::from(memory.depth));
        if self.module.shape(address).width > width {
            let address = self.simple(address);
            return address
                .slice(0, width)
                .expect("simple expressions have slices")
                .as_unsigned();
        }
        // Icarus computes the operators of an index in more bits than they have.
        match self.whole(address) {
            concat @ Expr::Concat(_) => concat,
            _ => self.simple(address).as_unsigned(),
        }
    }

    /// The condition that an address wider than the depth needs is below the depth.
    fn in_range(&mut self, memory: &Memory, address: NodeId) -> Option<Expr> {
        let width = self.module.shape(address).width;
        if width <= index_bits(u64::from(memory.depth)) {
            return None;
        }
        match self.simple(address).as_unsigned() {
            Expr::Constant { bits, .. } => Some(Expr::bit(bits < memory.depth.into())),
            address => {
                let depth = Expr::unsigned(width, memory.depth);
                Some(Expr::binary(BinaryOp::Less, address, depth))
            }
        }
    }
}

/// Where a memory is declared: beside its first read data, else with what it stores.
fn memory_position(memory: &Memory) -> u32 {
    let registers = memory.reads.iter().map(|read| read.data.0);
    let read = registers
        .chain(memory.words.iter().map(|word| word.0))
        .min();
    let written = memory.writes.iter().map(|write| write.data.0).max();
    read.or(written).unwrap_or(0)
}

/// `if (condition) body`, without conditions that are constant.
fn guarded(condition: Option<Expr>, body: Vec<Statement>) -> Vec<Statement> {
    match condition {
        _ if body.is_empty() => body,
        None => body,
        Some(Expr::Constant { bits, .. }) if bits == 0u32.into() => Vec::new(),
        Some(Expr::Constant { .. }) => body,
        Some(condition) => vec![Statement::If(condition, body, Vec::new())],
    }
}
