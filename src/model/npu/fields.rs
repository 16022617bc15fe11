//! What units share of an instruction that is under way.

use crate::isa::npu::Signal;

/// Signals behind the steps of an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    signal: Option<Signal>,
    /// Steps that are left, and those until the next signal.
    left: u64,
    until: u64,
}

impl Steps {
    /// An instruction of so many steps.
    pub fn new(signal: Option<Signal>, left: u64) -> Steps {
        let period = signal.map_or(0, |signal| u64::from(signal.period));
        Steps {
            signal,
            left,
            until: period,
        }
    }

    /// Whether it was the last one.
    pub fn over(&self) -> bool {
        self.left == 0
    }

    /// A step ends; gives the semaphore that is signalled behind it.
    pub fn end(&mut self) -> Option<usize> {
        self.left -= 1;
        let signal = self.signal?;
        self.until = self.until.wrapping_sub(1);
        if self.until == 0 || self.left == 0 {
            self.until = u64::from(signal.period);
            return Some(signal.semaphore as usize);
        }
        None
    }
}
