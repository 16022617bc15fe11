//! The compressed format of GTKWave, which Surfer reads too: a tenth of a dump and less.

use super::format::Format;
use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType, FstWriteError,
};
use std::io::{self, BufWriter, Seek, Write};

/// Bytes of changes that are kept before they are compressed and written.
const BUFFER: usize = 32 << 20;

/// A file, first its names, then its changes; nothing once it has ended.
pub(super) enum Fst<W: Write + Seek> {
    Names(FstHeaderWriter<BufWriter<W>>),
    Changes(FstBodyWriter<BufWriter<W>>),
    Ended,
}

fn failed(error: FstWriteError) -> io::Error {
    match error {
        FstWriteError::Io(error) => error,
        error => io::Error::other(error),
    }
}

impl<W: Write + Seek> Fst<W> {
    pub(super) fn new(writer: W) -> io::Result<Self> {
        let info = FstInfo {
            start_time: 0,
            timescale_exponent: -9,
            version: "ferrogrid".into(),
            // The same run writes the same bytes.
            date: String::new(),
            file_type: FstFileType::Verilog,
        };
        let names = FstHeaderWriter::new(BufWriter::new(writer), &info);
        names.map(Fst::Names).map_err(failed)
    }

    fn names(&mut self) -> io::Result<&mut FstHeaderWriter<BufWriter<W>>> {
        match self {
            Fst::Names(names) => Ok(names),
            _ => Err(io::Error::other("the names are written")),
        }
    }

    fn changes(&mut self) -> io::Result<&mut FstBodyWriter<BufWriter<W>>> {
        match self {
            Fst::Changes(changes) => Ok(changes),
            _ => Err(io::Error::other(
                "the names are not written, or the file has ended",
            )),
        }
    }
}

impl<W: Write + Seek + Send> Format for Fst<W> {
    type Id = FstSignalId;

    fn module(&mut self, name: &str) -> io::Result<()> {
        let names = self.names()?;
        names.scope(name, "", FstScopeType::Module).map_err(failed)
    }

    fn end_module(&mut self) -> io::Result<()> {
        self.names()?.up_scope().map_err(failed)
    }

    fn variable(
        &mut self,
        name: &str,
        width: u32,
        same: Option<FstSignalId>,
    ) -> io::Result<FstSignalId> {
        let name = match width {
            1 => name.to_owned(),
            _ => format!("{name} [{}:0]", width - 1),
        };
        let kind = FstSignalType::bit_vec(width);
        let direction = FstVarDirection::Implicit;
        let id = self
            .names()?
            .var(name, kind, FstVarType::Wire, direction, same);
        id.map_err(failed)
    }

    fn text(&mut self, _: &str) -> io::Result<Option<FstSignalId>> {
        Ok(None)
    }

    fn begin(&mut self) -> io::Result<()> {
        if let Fst::Names(names) = std::mem::replace(self, Fst::Ended) {
            *self = Fst::Changes(names.finish().map_err(failed)?);
        }
        Ok(())
    }

    fn time(&mut self, nanoseconds: u64) -> io::Result<()> {
        let changes = self.changes()?;
        if changes.size() > BUFFER {
            changes.flush().map_err(failed)?;
        }
        changes.time_change(nanoseconds).map_err(failed)
    }

    fn change(&mut self, id: FstSignalId, bits: &[u8]) -> io::Result<()> {
        self.changes()?.signal_change(id, bits).map_err(failed)
    }

    fn change_text(&mut self, _: FstSignalId, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(self, Fst::Ended) {
            Fst::Changes(changes) => changes.finish().map_err(failed)?.flush(),
            _ => Ok(()),
        }
    }
}
