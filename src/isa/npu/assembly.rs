//! Instructions as text.
//!
//! A line is an instruction's name, its fields as `name=value` in any order, 0 where they are left out,
//! and `wait=semaphore:count`, up to twice, and `signal=semaphore` or `signal=semaphore/period`. What
//! stands behind `#` is a comment.

use super::field::FieldKind;
use super::{EncodingError, Instruction, Opcode, Operation, Signal, Synchronization, Wait};
use std::fmt;
use std::str::FromStr;

/// What is wrong with a line of assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssemblyError {
    /// No instruction has this name.
    Instruction(String),
    /// The instruction has no field of this name.
    Field(&'static str, String),
    /// This is no value of the field.
    Value(String, String),
    /// It is said twice.
    Twice(String),
    /// It waits for more than two semaphores.
    Waits,
    /// A value does not fit.
    Encoding(EncodingError),
}

impl fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssemblyError::Instruction(name) => {
                let all: Vec<_> = Opcode::ALL.iter().map(|opcode| opcode.name()).collect();
                write!(
                    f,
                    "no instruction is called `{name}`: there are {}",
                    all.join(", ")
                )
            }
            AssemblyError::Field(instruction, name) => {
                let opcode = Opcode::ALL
                    .iter()
                    .find(|opcode| opcode.name() == *instruction);
                let fields = opcode.map_or(&[][..], |opcode| opcode.fields());
                let all: Vec<_> = fields.iter().map(|field| field.name).collect();
                write!(
                    f,
                    "{instruction} has no field `{name}`: it has {}, wait and signal",
                    all.join(", ")
                )
            }
            AssemblyError::Value(field, value) => write!(f, "`{value}` is no value of `{field}`"),
            AssemblyError::Twice(field) => write!(f, "`{field}` is given twice"),
            AssemblyError::Waits => write!(f, "an instruction waits for up to two semaphores"),
            AssemblyError::Encoding(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AssemblyError {}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opcode = self.operation.opcode();
        write!(f, "{}", opcode.name())?;
        for (field, value) in opcode.fields().iter().zip(self.operation.values()) {
            match (field.kind, value) {
                (_, 0) => {}
                (FieldKind::Flag, _) => write!(f, " {}", field.name)?,
                _ => write!(f, " {}={value}", field.name)?,
            }
        }
        let waits = self.synchronization.waits;
        for (index, Wait { semaphore, count }) in waits.into_iter().enumerate() {
            // The second one stays the second.
            if waits[index..].iter().any(|wait| wait.count > 0) {
                write!(f, " wait={semaphore}:{count}")?;
            }
        }
        match self.synchronization.signal {
            None => Ok(()),
            Some(Signal {
                semaphore,
                period: 0,
            }) => write!(f, " signal={semaphore}"),
            Some(Signal { semaphore, period }) => write!(f, " signal={semaphore}/{period}"),
        }
    }
}

/// A decimal or, behind 0x, a hexadecimal number.
fn number(field: &str, text: &str) -> Result<i64, AssemblyError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let wrong = |_| AssemblyError::Value(field.into(), text.into());
    value.map(|value| sign * value).map_err(wrong)
}

/// Two numbers around a separator; the second is `default` where it is left out.
fn pair(
    field: &str,
    text: &str,
    separator: char,
    default: u32,
) -> Result<(u32, u32), AssemblyError> {
    let wrong = || AssemblyError::Value(field.into(), text.into());
    let (first, second) = match text.split_once(separator) {
        Some((first, second)) => (first, second.parse().map_err(|_| wrong())?),
        None => (text, default),
    };
    Ok((first.parse().map_err(|_| wrong())?, second))
}

impl FromStr for Instruction {
    type Err = AssemblyError;

    fn from_str(line: &str) -> Result<Self, AssemblyError> {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let opcode = Opcode::ALL.iter().find(|opcode| opcode.name() == name);
        let opcode = *opcode.ok_or_else(|| AssemblyError::Instruction(name.into()))?;
        let mut values: Vec<Option<i64>> = vec![None; opcode.fields().len()];
        let mut waits = Vec::new();
        let mut signal = None;
        for word in words {
            let (name, text) = word.split_once('=').unwrap_or((word, ""));
            let twice = || AssemblyError::Twice(name.into());
            match name {
                "wait" => {
                    let (semaphore, count) = pair(name, text, ':', 1)?;
                    waits.push(Wait { semaphore, count });
                    continue;
                }
                "signal" => {
                    let (semaphore, period) = pair(name, text, '/', 0)?;
                    let previous = signal.replace(Signal { semaphore, period });
                    previous.map_or(Ok(()), |_| Err(twice()))?;
                    continue;
                }
                _ => {}
            }
            let index = opcode.fields().iter().position(|field| field.name == name);
            let index = index.ok_or_else(|| AssemblyError::Field(opcode.name(), name.into()))?;
            let value = match (opcode.fields()[index].kind, word.contains('=')) {
                (FieldKind::Flag, false) => 1,
                _ => number(name, text)?,
            };
            let previous = values[index].replace(value);
            previous.map_or(Ok(()), |_| Err(twice()))?;
        }
        let waits = match waits[..] {
            [] => [Wait::default(); 2],
            [one] => [one, Wait::default()],
            [one, other] => [one, other],
            _ => return Err(AssemblyError::Waits),
        };
        let values: Vec<_> = values.into_iter().map(Option::unwrap_or_default).collect();
        for (field, value) in opcode.fields().iter().zip(&values) {
            if !field.kind.contains(*value) {
                return Err(AssemblyError::Encoding(EncodingError::Value {
                    instruction: opcode.name(),
                    field: field.name,
                    value: *value,
                    width: field.kind.width(),
                }));
            }
        }
        let instruction = Instruction {
            synchronization: Synchronization { waits, signal },
            operation: Operation::of(opcode, &values),
        };
        instruction.encode().map_err(AssemblyError::Encoding)?;
        Ok(instruction)
    }
}
