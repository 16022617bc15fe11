//! Bytes of which is known who accessed them.

use super::clocks::{Clock, UNITS};
use crate::isa::npu::Unit;

/// The accesses of a byte.
#[derive(Clone, Copy)]
struct Accesses {
    /// The unit and the step of the last write; no unit: it came before the program.
    written: Option<(Unit, u32)>,
    /// The last read of each unit.
    read: [u32; UNITS],
    /// It was written at all.
    known: bool,
}

/// A memory.
pub(super) struct Tracked {
    what: &'static str,
    bytes: Vec<u8>,
    accesses: Vec<Accesses>,
}

impl Tracked {
    /// A memory with these bytes.
    pub fn new(what: &'static str, bytes: Vec<u8>) -> Self {
        let accesses = Accesses {
            written: None,
            read: [0; UNITS],
            known: true,
        };
        Tracked {
            what,
            accesses: vec![accesses; bytes.len()],
            bytes,
        }
    }

    /// A memory in which nothing was written.
    pub fn unwritten(what: &'static str, bytes: usize) -> Self {
        let mut memory = Tracked::new(what, vec![0; bytes]);
        for accesses in &mut memory.accesses {
            accesses.known = false;
        }
        memory
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn place(&self, address: u64) -> Result<usize, String> {
        match usize::try_from(address) {
            Ok(at) if at < self.bytes.len() => Ok(at),
            _ => Err(format!(
                "byte {address:#x} of the {} is beyond its {} bytes",
                self.what,
                self.bytes.len()
            )),
        }
    }

    /// A unit reads a byte.
    pub fn read(&mut self, unit: Unit, clock: &Clock, address: u64) -> Result<u8, String> {
        let at = self.place(address)?;
        let accesses = &mut self.accesses[at];
        if !accesses.known {
            return Err(format!(
                "it reads byte {at:#x} of the {}, which nothing has written",
                self.what
            ));
        }
        if let Some((writer, step)) = accesses.written
            && clock[writer as usize] < step
        {
            return Err(format!(
                "it may read byte {at:#x} of the {} before {} has written it",
                self.what,
                writer.name()
            ));
        }
        accesses.read[unit as usize] = clock[unit as usize];
        Ok(self.bytes[at])
    }

    /// A unit writes a byte.
    pub fn write(
        &mut self,
        unit: Unit,
        clock: &Clock,
        address: u64,
        byte: u8,
    ) -> Result<(), String> {
        let at = self.place(address)?;
        let accesses = &mut self.accesses[at];
        if let Some((writer, step)) = accesses.written
            && clock[writer as usize] < step
        {
            return Err(format!(
                "{} may write byte {at:#x} of the {} after it",
                writer.name(),
                self.what
            ));
        }
        for (reader, step) in accesses.read.iter().enumerate() {
            if clock[reader] < *step {
                return Err(format!(
                    "it may write byte {at:#x} of the {} before {} has read it",
                    self.what,
                    Unit::ALL[reader].name()
                ));
            }
        }
        *accesses = Accesses {
            written: Some((unit, clock[unit as usize])),
            read: [0; UNITS],
            known: true,
        };
        self.bytes[at] = byte;
        Ok(())
    }
}
