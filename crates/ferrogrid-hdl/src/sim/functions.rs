//! What has become machine code, and what it calls.

use super::activity::Activity;
use super::execute::Tables;
use super::wide::words_of;
use ferrogrid_hdl_jit::{Code, Host};

/// The functions of an arrangement.
#[derive(Debug)]
pub(super) struct MachineCode {
    pub code: Code,
    pub calls: Vec<Call>,
}

/// What a function leaves to the simulator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    /// A word of the memory word at the address that is the argument.
    Load { table: u32, word: u32 },
    /// An instruction on wide values; tells whether its result has changed.
    Wide(u32),
}

impl MachineCode {
    /// Runs a function.
    #[inline]
    pub(super) fn run(
        &self,
        function: usize,
        values: &mut [u64],
        activity: &mut Activity,
        arrays: &[Vec<u64>],
        tables: &Tables,
        before: &mut Vec<u64>,
    ) {
        let mut host = Caller {
            calls: &self.calls,
            arrays,
            tables,
            before,
        };
        self.code.run(function, values, activity.flags(), &mut host);
    }
}

/// The simulator, called by a function.
struct Caller<'a> {
    calls: &'a [Call],
    arrays: &'a [Vec<u64>],
    tables: &'a Tables,
    /// Room for a result as it was.
    before: &'a mut Vec<u64>,
}

impl Host for Caller<'_> {
    fn call(&mut self, values: &mut [u64], number: u32, argument: u64) -> u64 {
        match self.calls[number as usize] {
            Call::Load { table, word } => {
                self.tables.loads[table as usize].word(self.arrays, argument, word)
            }
            Call::Wide(index) => {
                let wide = &self.tables.wide[index as usize];
                let start = wide.dst.start as usize;
                let words = start..start + words_of(wide.dst.width) as usize;
                self.before.clear();
                self.before.extend_from_slice(&values[words.clone()]);
                wide.run(values);
                u64::from(values[words] != self.before[..])
            }
        }
    }
}
