//! Waits and signals: the first bits of every instruction.

use super::field::{Field, FieldKind, placed};

/// Waits until a semaphore has `count`, and takes them; 0 waits for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// Which one.
    pub semaphore: u32,
    /// How many.
    pub count: u32,
}

/// Adds one to a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Which one.
    pub semaphore: u32,
    /// After every so many steps and at the end of a last one that is shorter; 0: at the end alone.
    pub period: u32,
}

/// What an instruction waits for before it begins, and what it signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synchronization {
    /// All of them.
    pub waits: [Wait; 2],
    /// None, or one.
    pub signal: Option<Signal>,
}

const fn unsigned(name: &'static str, width: u32, doc: &'static str) -> Field {
    Field {
        name,
        lsb: 0,
        kind: FieldKind::Unsigned(width),
        doc,
    }
}

impl Synchronization {
    /// The fields that all instructions begin with, the opcode first.
    pub const FIELDS: [Field; 8] = placed(
        [
            unsigned("opcode", 4, "What the instruction is."),
            unsigned("wait_a", 4, "A semaphore."),
            unsigned(
                "wait_a_count",
                8,
                "What is taken of it before anything else; 0 does not wait.",
            ),
            unsigned("wait_b", 4, "Another semaphore."),
            unsigned(
                "wait_b_count",
                8,
                "What is taken of it before anything else; 0 does not wait.",
            ),
            unsigned("signals", 1, "A semaphore is signalled."),
            unsigned("signal", 4, "Which one."),
            unsigned(
                "period",
                8,
                "Steps from a signal to the next, the last may be fewer; 0: one signal at the end.",
            ),
        ],
        0,
    );

    /// The values of [`Self::FIELDS`] behind the opcode.
    pub(super) fn values(&self) -> [i64; 7] {
        let [a, b] = self.waits;
        let signal = self.signal.unwrap_or(Signal {
            semaphore: 0,
            period: 0,
        });
        [
            a.semaphore,
            a.count,
            b.semaphore,
            b.count,
            self.signal.is_some().into(),
            signal.semaphore,
            signal.period,
        ]
        .map(i64::from)
    }

    /// From the values of [`Self::FIELDS`] behind the opcode.
    pub(super) fn of(values: [i64; 7]) -> Self {
        let [a, a_count, b, b_count, signals, semaphore, period] = values.map(|value| value as u32);
        let wait = |semaphore, count| Wait { semaphore, count };
        Synchronization {
            waits: [wait(a, a_count), wait(b, b_count)],
            signal: (signals != 0).then_some(Signal { semaphore, period }),
        }
    }
}
