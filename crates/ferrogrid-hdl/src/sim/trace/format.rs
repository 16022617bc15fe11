//! What formats of waves have in common.

use std::io;

/// Writes the names of values, and then how they change.
pub(super) trait Format: Send {
    /// A value in the file.
    type Id: Copy + Send;

    /// A module begins; what follows stands in it.
    fn module(&mut self, name: &str) -> io::Result<()>;
    /// It ends.
    fn end_module(&mut self) -> io::Result<()>;
    /// A value of so many bits, or another name of one.
    fn variable(&mut self, name: &str, width: u32, same: Option<Self::Id>) -> io::Result<Self::Id>;
    /// A text, where the format has some.
    fn text(&mut self, name: &str) -> io::Result<Option<Self::Id>>;
    /// All names are written.
    fn begin(&mut self) -> io::Result<()>;
    /// What follows changes so many nanoseconds after the start.
    fn time(&mut self, nanoseconds: u64) -> io::Result<()>;
    /// The bits of a value, the highest first, as characters.
    fn change(&mut self, id: Self::Id, bits: &[u8]) -> io::Result<()>;
    /// A text.
    fn change_text(&mut self, id: Self::Id, text: &str) -> io::Result<()>;
    /// Writes everything out.
    fn finish(&mut self) -> io::Result<()>;
}
