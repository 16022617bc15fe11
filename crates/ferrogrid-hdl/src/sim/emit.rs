//! Collects single-assignment instructions; folds constants and shares equal instructions.

use super::execute::{All, Load, Tables, execute};
use super::hash::FastMap;
use super::ops::{Instruction, Micro, Op, is_unary, pack};
use super::wide::{Span, WideInstruction, WideOp, words_of};

const NONE: u32 = u32::MAX;

/// The node for which an instruction stands.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Its number among the nodes of all scopes.
    pub node: u32,
    /// Equal for nodes that one line of the description has made in like scopes.
    pub kind: u64,
    /// Which of the instructions of the node it is.
    pub part: u32,
}

/// Values of an instruction under construction, in one word each; a value of more than 64 bits
/// is a *group* of consecutive words, lowest first.
#[derive(Default)]
pub(super) struct Emitter {
    /// In an order in which every operand stands before its use.
    pub micros: Vec<Micro>,
    /// For each instruction the node that it stands for.
    pub origins: Vec<Origin>,
    /// The node at present.
    pub origin: Origin,
    /// Tables over values, not yet over places.
    pub tables: Tables,
    /// For each value what it always is, if it is constant.
    pub constants: Vec<Option<u64>>,
    /// For each value the first value and the size of its group.
    pub groups: Vec<(u32, u32)>,
    definition: Vec<u32>,
    literals: FastMap<u64, u32>,
    known: FastMap<(Op, u32, u32, u32), u32>,
}

/// Calls `f` with each value that the instruction reads.
pub(super) fn operands(micro: &Micro, tables: &Tables, mut f: impl FnMut(u32)) {
    match micro.op {
        Op::Load => f(micro.a),
        op if is_unary(op) => f(micro.a),
        Op::Mux => {
            f(micro.a);
            f(micro.b);
            f(micro.c);
        }
        Op::Select => {
            f(micro.a);
            let table = micro.b as usize..=(micro.b + micro.c) as usize;
            tables.select[table].iter().for_each(|value| f(*value));
        }
        Op::Pack => {
            let parts = &tables.parts[micro.a as usize..micro.b as usize];
            parts.iter().for_each(|part| f(part.value));
        }
        Op::Wide => {
            let wide = &tables.wide[micro.a as usize];
            for span in [wide.a, wide.b] {
                (span.start..span.start + words_of(span.width)).for_each(&mut f);
            }
        }
        _ => {
            f(micro.a);
            f(micro.b);
        }
    }
}

/// Replaces each value that the instruction reads, which is none on wide values.
pub(super) fn replace_operands(micro: &mut Micro, tables: &mut Tables, f: impl Fn(u32) -> u32) {
    match micro.op {
        Op::Select => {
            micro.a = f(micro.a);
            let table = micro.b as usize..=(micro.b + micro.c) as usize;
            let entries = tables.select[table].iter_mut();
            entries.for_each(|value| *value = f(*value));
        }
        Op::Pack => {
            let parts = &mut tables.parts[micro.a as usize..micro.b as usize];
            parts.iter_mut().for_each(|part| part.value = f(part.value));
        }
        Op::Wide => unreachable!("wide instructions keep their operands"),
        op => {
            micro.a = f(micro.a);
            if op != Op::Load && !is_unary(op) {
                micro.b = f(micro.b);
            }
            if op == Op::Mux {
                micro.c = f(micro.c);
            }
        }
    }
}

/// Calls `f` with each value that the instruction writes.
pub(super) fn results(micro: &Micro, tables: &Tables, mut f: impl FnMut(u32)) {
    if micro.op == Op::Wide {
        let dst = tables.wide[micro.a as usize].dst;
        (dst.start..dst.start + words_of(dst.width)).for_each(&mut f);
    } else {
        f(micro.dst);
    }
}

impl Emitter {
    /// A new group of words.
    pub(super) fn allocate(&mut self, words: u32) -> u32 {
        let start = self.constants.len() as u32;
        for _ in 0..words {
            self.constants.push(None);
            self.groups.push((start, words));
            self.definition.push(NONE);
        }
        start
    }

    /// A constant of one word.
    pub(super) fn literal(&mut self, value: u64) -> u32 {
        if let Some(&known) = self.literals.get(&value) {
            return known;
        }
        let literal = self.allocate(1);
        self.constants[literal as usize] = Some(value);
        self.literals.insert(value, literal);
        literal
    }

    /// A constant of any width from its words; missing words are 0.
    pub(super) fn constant(&mut self, words: &[u64], width: u32) -> u32 {
        let count = words_of(width);
        if count == 1 {
            return self.literal(words.first().copied().unwrap_or(0));
        }
        let start = self.allocate(count);
        for i in 0..count as usize {
            self.constants[start as usize + i] = Some(words.get(i).copied().unwrap_or(0));
        }
        start
    }

    /// The constant that a value is, if it is one.
    pub(super) fn known(&self, value: u32) -> Option<u64> {
        self.constants[value as usize]
    }

    /// The value computed by an instruction.
    pub(super) fn emit(&mut self, op: Op, a: u32, b: u32, c: u32) -> u32 {
        if let Some(same) = self.existing(op, a, b, c) {
            return same;
        }
        if let Some(value) = self.fold(op, a, b, c) {
            return self.literal(value);
        }
        let key = (op, a, b, c);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let dst = self.allocate(1);
        self.push(Micro { op, dst, a, b, c });
        self.known.insert(key, dst);
        dst
    }

    /// Makes the word `dst` of a group the result of an instruction.
    pub(super) fn emit_into(&mut self, dst: u32, op: Op, a: u32, b: u32, c: u32) {
        let (op, a, b, c) = match self.existing(op, a, b, c) {
            Some(same) => (Op::Copy, same, 0, 0),
            None => (op, a, b, c),
        };
        match self.fold(op, a, b, c) {
            Some(value) => self.constants[dst as usize] = Some(value),
            None => self.push(Micro { op, dst, a, b, c }),
        }
    }

    /// The result of an instruction on wide values.
    pub(super) fn emit_wide(
        &mut self,
        op: WideOp,
        width: u32,
        a: Span,
        b: Span,
        signed: bool,
    ) -> u32 {
        let dst = Span {
            start: self.allocate(words_of(width)),
            width,
        };
        let wide = WideInstruction {
            op,
            dst,
            a,
            b,
            signed,
        };
        if !self.fold_wide(&wide) {
            let index = self.tables.wide.len() as u32;
            self.tables.wide.push(wide);
            self.push(Micro {
                op: Op::Wide,
                dst: dst.start,
                a: index,
                b: 0,
                c: 0,
            });
        }
        dst.start
    }

    /// A choice among values by a selector; the last entry is for all higher selectors.
    pub(super) fn emit_select(&mut self, selector: u32, entries: &[u32]) -> (Op, u32, u32, u32) {
        let base = self.tables.select.len() as u32;
        self.tables.select.extend_from_slice(entries);
        (Op::Select, selector, base, entries.len() as u32 - 1)
    }

    /// The number of a memory in the table of memories that are read at once.
    pub(super) fn load_table(&mut self, load: Load) -> u32 {
        let loads = &mut self.tables.loads;
        let known = loads.iter().position(|known| known.memory == load.memory);
        known.unwrap_or_else(|| {
            loads.push(load);
            loads.len() - 1
        }) as u32
    }

    /// An operand and the shift that sign-extends it, looking through an extension to `mask`.
    pub(super) fn extension(&self, value: u32, mask: u32) -> (u32, u32) {
        let definition = self.definition[value as usize];
        if definition != NONE {
            let micro = self.micros[definition as usize];
            if micro.op == Op::SignExtend && micro.c >> 16 == mask {
                return (micro.a, micro.c & 63);
            }
        }
        (value, mask)
    }

    /// An instruction whose operands are sign-extended from their own widths when that is cheaper.
    pub(super) fn emit_extended(
        &mut self,
        plain: Option<Op>,
        extended: Op,
        (a, a_mask): (u32, u32),
        (b, b_mask): (u32, u32),
        mask: u32,
    ) -> u32 {
        let (inner_a, shift_a) = self.extension(a, a_mask);
        let (inner_b, shift_b) = self.extension(b, b_mask);
        match plain {
            Some(plain) if inner_a == a && inner_b == b => self.emit(plain, a, b, mask),
            _ => self.emit(extended, inner_a, inner_b, pack(shift_a, shift_b, mask)),
        }
    }

    pub(super) fn push(&mut self, micro: Micro) {
        self.origins.push(self.origin);
        self.origin.part += 1;
        self.definition[micro.dst as usize] = self.micros.len() as u32;
        self.micros.push(micro);
    }

    /// A value that exists already and equals the result.
    fn existing(&mut self, op: Op, a: u32, b: u32, c: u32) -> Option<u32> {
        let (zero, one) = (Some(0), Some(1));
        match op {
            Op::Copy => Some(a),
            Op::Mux if b == c => Some(b),
            Op::Mux => match self.known(a) {
                Some(condition) => Some(if condition != 0 { b } else { c }),
                None => (self.known(b) == one && self.known(c) == zero).then_some(a),
            },
            Op::Select => {
                let entry = self.known(a)?.min(u64::from(c));
                Some(self.tables.select[b as usize + entry as usize])
            }
            Op::And | Op::Or if a == b => Some(a),
            Op::And if self.known(a) == zero || self.known(b) == zero => Some(self.literal(0)),
            Op::Or | Op::Xor | Op::Add if self.known(a) == zero => Some(b),
            Op::Or | Op::Xor | Op::Add | Op::Subtract if self.known(b) == zero => Some(a),
            _ => None,
        }
    }

    fn fold(&self, op: Op, a: u32, b: u32, c: u32) -> Option<u64> {
        if matches!(op, Op::Mux | Op::Select | Op::Pack | Op::Load | Op::Wide) {
            return None;
        }
        let first = self.known(a)?;
        let second = if is_unary(op) { 0 } else { self.known(b)? };
        let mut values = [first, second, 0];
        let code = [Instruction {
            dst: 2,
            a: 0,
            b: 1,
            c,
        }];
        let all = All {
            code: &code,
            values: &mut values,
        };
        execute(op, all, &[], &Tables::default());
        Some(values[2])
    }

    fn fold_wide(&mut self, wide: &WideInstruction) -> bool {
        let words = words_of(wide.dst.width) as usize;
        let mut values = vec![0; words];
        let mut place = |span: Span| {
            let start = values.len() as u32;
            for word in span.start..span.start + words_of(span.width) {
                values.push(self.constants[word as usize]?);
            }
            Some(Span {
                start,
                width: span.width,
            })
        };
        let (Some(a), Some(b)) = (place(wide.a), place(wide.b)) else {
            return false;
        };
        let dst = Span {
            start: 0,
            width: wide.dst.width,
        };
        WideInstruction { dst, a, b, ..*wide }.run(&mut values);
        let dst = wide.dst.start as usize;
        for (constant, word) in self.constants[dst..].iter_mut().zip(&values[..words]) {
            *constant = Some(*word);
        }
        true
    }
}
