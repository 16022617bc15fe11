//! A bound for the memory that a file makes an importer use.

/// Bytes that an importer may still keep.
///
/// Entries of a file may all point at the same bytes; copied for each of them, a small file would
/// fill the memory.
pub(super) struct Budget(usize);

impl Budget {
    /// For a file of so many bytes: far more than tensors that share some of it need.
    pub(super) fn of(file: usize) -> Budget {
        Budget(file.saturating_mul(64).saturating_add(1 << 20))
    }

    /// Another file of so many bytes belongs to the first.
    pub(super) fn add(&mut self, file: usize) {
        self.0 = self.0.saturating_add(file.saturating_mul(64));
    }

    /// Takes bytes; none when there are not so many left.
    pub(super) fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}
