//! What a function does, one operation after the other.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlags, SigRef, Signature, Type, Value, types};
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;

/// A word that the function has computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word(Value);

/// A branch that has begun: see [`Assembler::branch`].
#[derive(Debug)]
#[must_use = "a branch has an end"]
pub struct Branch(Block);

/// How two words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `a == b`
    Equal,
    /// `a != b`
    NotEqual,
    /// `a < b`
    Less,
    /// `a <= b`
    LessOrEqual,
    /// `a < b` of signed words
    SignedLess,
    /// `a <= b` of signed words
    SignedLessOrEqual,
}

/// Describes a function. Shifts by a constant must be below 64.
pub struct Assembler<'a> {
    builder: FunctionBuilder<'a>,
    host: SigRef,
    host_address: i64,
    tables: &'a mut Vec<Box<[u32]>>,
    values: usize,
    flags: usize,
    /// Addresses of the values, the flags and the context.
    addresses: [Value; 3],
    /// Results of comparisons before they became words.
    conditions: HashMap<Value, Value>,
}

impl<'a> Assembler<'a> {
    pub(crate) fn new(
        mut builder: FunctionBuilder<'a>,
        (host, host_address): (Signature, i64),
        tables: &'a mut Vec<Box<[u32]>>,
        values: usize,
        flags: usize,
    ) -> Self {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let addresses = [0, 1, 2].map(|index| builder.block_params(entry)[index]);
        Assembler {
            host: builder.import_signature(host),
            builder,
            host_address,
            tables,
            values,
            flags,
            addresses,
            conditions: HashMap::new(),
        }
    }

    pub(crate) fn finish(mut self) {
        self.builder.ins().return_(&[]);
        self.builder.finalize();
    }

    /// A constant.
    pub fn constant(&mut self, value: u64) -> Word {
        Word(self.builder.ins().iconst(types::I64, value as i64))
    }

    /// The value at a place.
    pub fn load(&mut self, place: u32) -> Word {
        let offset = self.offset(place);
        let from = self.addresses[0];
        Word(self.builder.ins().load(types::I64, memory(), from, offset))
    }

    /// Writes the value at a place.
    pub fn store(&mut self, place: u32, word: Word) {
        let offset = self.offset(place);
        let to = self.addresses[0];
        self.builder.ins().store(memory(), word.0, to, offset);
    }

    fn offset(&self, place: u32) -> i32 {
        assert!((place as usize) < self.values, "there is no such value");
        offset(place)
    }

    /// The value at one of these places; at the last one for all higher indices.
    pub fn load_one_of(&mut self, places: &[u32], index: Word) -> Word {
        assert!(places.iter().all(|place| (*place as usize) < self.values));
        let last = i64::try_from(places.len() - 1).expect("the table fits");
        let table: Box<[u32]> = places.into();
        let table_address = table.as_ptr() as i64;
        self.tables.push(table);
        let ins = &mut self.builder;
        let last = ins.ins().iconst(types::I64, last);
        let index = ins.ins().umin(index.0, last);
        let table = ins.ins().iconst(types::I64, table_address);
        let entry = ins.ins().ishl_imm(index, 2);
        let entry = ins.ins().iadd(table, entry);
        let place = ins.ins().uload32(memory().with_readonly(), entry, 0);
        let place = ins.ins().ishl_imm(place, 3);
        let address = ins.ins().iadd(self.addresses[0], place);
        Word(ins.ins().load(types::I64, memory(), address, 0))
    }

    /// Sets bits of a flag.
    pub fn set_flags(&mut self, flag: u32, bits: u64) {
        assert!((flag as usize) < self.flags, "there is no such flag");
        let (flags, offset) = (self.addresses[1], offset(flag));
        let bits = self.constant(bits).0;
        let ins = &mut self.builder;
        let before = ins.ins().load(types::I64, memory(), flags, offset);
        let after = ins.ins().bor(before, bits);
        ins.ins().store(memory(), after, flags, offset);
    }

    /// What the host returns.
    pub fn call(&mut self, number: u32, argument: Word) -> Word {
        let ins = &mut self.builder;
        let number = ins.ins().iconst(types::I32, i64::from(number));
        let address = ins.ins().iconst(types::I64, self.host_address);
        let arguments = [self.addresses[2], number, argument.0];
        let call = ins.ins().call_indirect(self.host, address, &arguments);
        Word(self.builder.inst_results(call)[0])
    }

    /// `a + b`
    pub fn add(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().iadd(a.0, b.0))
    }

    /// `a - b`
    pub fn subtract(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().isub(a.0, b.0))
    }

    /// `a * b`
    pub fn multiply(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().imul(a.0, b.0))
    }

    /// `a & b`
    pub fn and(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().band(a.0, b.0))
    }

    /// `a | b`
    pub fn or(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().bor(a.0, b.0))
    }

    /// `a ^ b`
    pub fn xor(&mut self, a: Word, b: Word) -> Word {
        Word(self.builder.ins().bxor(a.0, b.0))
    }

    /// 1 where the comparison holds, else 0.
    pub fn compare(&mut self, compare: Compare, a: Word, b: Word) -> Word {
        let code = match compare {
            Compare::Equal => IntCC::Equal,
            Compare::NotEqual => IntCC::NotEqual,
            Compare::Less => IntCC::UnsignedLessThan,
            Compare::LessOrEqual => IntCC::UnsignedLessThanOrEqual,
            Compare::SignedLess => IntCC::SignedLessThan,
            Compare::SignedLessOrEqual => IntCC::SignedLessThanOrEqual,
        };
        let condition = self.builder.ins().icmp(code, a.0, b.0);
        let word = self.builder.ins().uextend(types::I64, condition);
        self.conditions.insert(word, condition);
        Word(word)
    }

    /// `then` where the condition is not 0, else `otherwise`.
    pub fn select(&mut self, condition: Word, then: Word, otherwise: Word) -> Word {
        let condition = self.condition(condition);
        Word(self.builder.ins().select(condition, then.0, otherwise.0))
    }

    /// What is described from here to [`Assembler::end`] is done only where the condition is not 0,
    /// which it mostly is; words computed there are known there alone.
    pub fn branch(&mut self, condition: Word) -> Branch {
        let condition = self.condition(condition);
        let [then, end] = [(); 2].map(|()| self.builder.create_block());
        self.builder.ins().brif(condition, then, &[], end, &[]);
        self.builder.switch_to_block(then);
        self.builder.seal_block(then);
        Branch(end)
    }

    /// As [`Assembler::branch`], where the condition is mostly 0: the code stands aside.
    pub fn seldom(&mut self, condition: Word) -> Branch {
        let branch = self.branch(condition);
        let then = self.builder.current_block().expect("a branch has begun");
        self.builder.set_cold_block(then);
        branch
    }

    /// Ends a branch.
    pub fn end(&mut self, Branch(end): Branch) {
        self.builder.ins().jump(end, &[]);
        self.builder.switch_to_block(end);
        self.builder.seal_block(end);
    }

    fn condition(&mut self, word: Word) -> Value {
        self.conditions.get(&word.0).copied().unwrap_or(word.0)
    }

    /// `a << b`; 0 when `b` is 64 or more.
    pub fn shift_left(&mut self, a: Word, b: Word) -> Word {
        let shifted = self.builder.ins().ishl(a.0, b.0);
        self.below_64(b, shifted)
    }

    /// `a >> b`; 0 when `b` is 64 or more.
    pub fn shift_right(&mut self, a: Word, b: Word) -> Word {
        let shifted = self.builder.ins().ushr(a.0, b.0);
        self.below_64(b, shifted)
    }

    fn below_64(&mut self, amount: Word, shifted: Value) -> Word {
        let ins = &mut self.builder;
        let fits = ins.ins().icmp_imm(IntCC::UnsignedLessThan, amount.0, 64);
        let zero = ins.ins().iconst(types::I64, 0);
        Word(ins.ins().select(fits, shifted, zero))
    }

    /// `a >> b` of a signed `a`; its sign when `b` is 64 or more.
    pub fn shift_right_signed(&mut self, a: Word, b: Word) -> Word {
        let ins = &mut self.builder;
        let most = ins.ins().iconst(types::I64, 63);
        let amount = ins.ins().umin(b.0, most);
        Word(ins.ins().sshr(a.0, amount))
    }

    /// `a << by`
    pub fn shift_left_by(&mut self, a: Word, by: u32) -> Word {
        match by {
            0 => a,
            by => Word(self.builder.ins().ishl_imm(a.0, i64::from(by))),
        }
    }

    /// `a >> by`
    pub fn shift_right_by(&mut self, a: Word, by: u32) -> Word {
        match by {
            0 => a,
            by => Word(self.builder.ins().ushr_imm(a.0, i64::from(by))),
        }
    }

    /// The lowest `64 - shift` bits, all others 0.
    pub fn mask(&mut self, a: Word, shift: u32) -> Word {
        match shift {
            0 => a,
            shift => {
                let mask = u64::MAX >> shift;
                Word(self.builder.ins().band_imm(a.0, mask as i64))
            }
        }
    }

    /// The lowest `64 - shift` bits as a signed number.
    pub fn sign_extend(&mut self, a: Word, shift: u32) -> Word {
        let narrow: Option<Type> = match shift {
            0 => return a,
            32 => Some(types::I32),
            48 => Some(types::I16),
            56 => Some(types::I8),
            _ => None,
        };
        let ins = &mut self.builder;
        Word(match narrow {
            Some(narrow) => {
                let low = ins.ins().ireduce(narrow, a.0);
                ins.ins().sextend(types::I64, low)
            }
            None => {
                let high = ins.ins().ishl_imm(a.0, i64::from(shift));
                ins.ins().sshr_imm(high, i64::from(shift))
            }
        })
    }

    /// Exclusive or of all bits.
    pub fn parity(&mut self, a: Word) -> Word {
        let ones = self.builder.ins().popcnt(a.0);
        Word(self.builder.ins().band_imm(ones, 1))
    }
}

/// All accesses are aligned, and within the arrays.
fn memory() -> MemFlags {
    MemFlags::trusted()
}

fn offset(place: u32) -> i32 {
    i32::try_from(u64::from(place) * 8).expect("the arrays are smaller than 2 GiB")
}
