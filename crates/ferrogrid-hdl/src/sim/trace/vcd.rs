//! Value change dumps, which every viewer reads.

use super::format::Format;
use std::io::{self, BufWriter, Write};
use vcd::{IdCode, ReferenceIndex, TimescaleUnit, VarType, Writer};

pub(super) struct Vcd<W: Write>(Writer<BufWriter<W>>);

impl<W: Write> Vcd<W> {
    pub(super) fn new(writer: W) -> io::Result<Self> {
        let mut writer = Writer::new(BufWriter::new(writer));
        writer.timescale(1, TimescaleUnit::NS)?;
        Ok(Vcd(writer))
    }
}

impl<W: Write + Send> Format for Vcd<W> {
    type Id = IdCode;

    fn module(&mut self, name: &str) -> io::Result<()> {
        self.0.add_module(name)
    }

    fn end_module(&mut self) -> io::Result<()> {
        self.0.upscope()
    }

    fn variable(&mut self, name: &str, width: u32, same: Option<IdCode>) -> io::Result<IdCode> {
        let range = (width > 1).then(|| ReferenceIndex::Range(width as i32 - 1, 0));
        match same {
            Some(id) => {
                self.0.var_def(VarType::Wire, width, id, name, range)?;
                Ok(id)
            }
            None => self.0.add_var(VarType::Wire, width, name, range),
        }
    }

    fn text(&mut self, name: &str) -> io::Result<Option<IdCode>> {
        self.0.add_var(VarType::String, 1, name, None).map(Some)
    }

    fn begin(&mut self) -> io::Result<()> {
        self.0.enddefinitions()
    }

    fn time(&mut self, nanoseconds: u64) -> io::Result<()> {
        self.0.timestamp(nanoseconds)
    }

    fn change(&mut self, id: IdCode, bits: &[u8]) -> io::Result<()> {
        match bits {
            [bit] => self.0.change_scalar(id, *bit == b'1'),
            // The crate writes vectors bit by bit.
            _ => {
                let writer = self.0.writer();
                writer.write_all(b"b")?;
                writer.write_all(bits)?;
                writeln!(writer, " {id}")
            }
        }
    }

    fn change_text(&mut self, id: IdCode, text: &str) -> io::Result<()> {
        self.0.change_string(id, text)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
