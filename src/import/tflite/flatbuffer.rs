//! Tables and vectors of a FlatBuffers file, every offset checked.

/// An offset leads out of the file. Holds the byte at which something should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beyond(pub usize);

type Read<T> = Result<T, Beyond>;

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Read<[u8; N]> {
    let rest = bytes.get(at..).ok_or(Beyond(at))?;
    rest.first_chunk().copied().ok_or(Beyond(at))
}

/// The place to which an unsigned offset at `at` leads.
fn follow(bytes: &[u8], at: usize) -> Read<usize> {
    let offset = u32::from_le_bytes(chunk(bytes, at)?);
    let target = at.checked_add(offset as usize).ok_or(Beyond(at))?;
    match target < bytes.len() {
        true => Ok(target),
        false => Err(Beyond(target)),
    }
}

/// A table: fields by their slots, in the order of the schema.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Places of the fields, two bytes each; fewer than the schema has where the last are left out.
    slots: &'a [u8],
}

impl<'a> Table<'a> {
    /// The table that the file is.
    pub(super) fn root(bytes: &'a [u8]) -> Read<Table<'a>> {
        Table::at(bytes, follow(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Read<Table<'a>> {
        let back = i32::from_le_bytes(chunk(bytes, at)?);
        let start = at as i64 - i64::from(back);
        let start = usize::try_from(start).map_err(|_| Beyond(at))?;
        let size = usize::from(u16::from_le_bytes(chunk(bytes, start)?));
        let slots = bytes.get(start + 4..(start + size).max(start + 4));
        let slots = slots.ok_or(Beyond(start))?;
        Ok(Table { bytes, at, slots })
    }

    /// Where a field is, if the table has it.
    fn field(&self, slot: usize) -> Option<usize> {
        let offset = self.slots.get(2 * slot..2 * slot + 2)?;
        match u16::from_le_bytes([offset[0], offset[1]]) {
            0 => None,
            offset => Some(self.at + usize::from(offset)),
        }
    }

    fn scalar<const N: usize>(&self, slot: usize) -> Read<Option<[u8; N]>> {
        let place = self.field(slot);
        place.map(|place| chunk(self.bytes, place)).transpose()
    }

    /// A field of one byte, 0 where it is left out.
    pub(super) fn u8(&self, slot: usize) -> Read<u8> {
        Ok(self.scalar::<1>(slot)?.map_or(0, |[byte]| byte))
    }

    /// A field of four bytes, or its default.
    pub(super) fn i32(&self, slot: usize, default: i32) -> Read<i32> {
        Ok(self.scalar(slot)?.map_or(default, i32::from_le_bytes))
    }

    /// An index of four bytes, 0 where it is left out.
    pub(super) fn index(&self, slot: usize) -> Read<usize> {
        Ok(self.scalar(slot)?.map_or(0, u32::from_le_bytes) as usize)
    }

    /// A field of eight bytes, 0 where it is left out.
    pub(super) fn u64(&self, slot: usize) -> Read<u64> {
        Ok(self.scalar(slot)?.map_or(0, u64::from_le_bytes))
    }

    /// A floating-point field, 0 where it is left out.
    pub(super) fn f32(&self, slot: usize) -> Read<f32> {
        Ok(self.scalar(slot)?.map_or(0.0, f32::from_le_bytes))
    }

    /// A table in a field.
    pub(super) fn table(&self, slot: usize) -> Read<Option<Table<'a>>> {
        let at = |place| Table::at(self.bytes, follow(self.bytes, place)?);
        self.field(slot).map(at).transpose()
    }

    /// A vector of elements of `N` bytes, empty where it is left out.
    pub(super) fn vector<const N: usize>(&self, slot: usize) -> Read<&'a [[u8; N]]> {
        let Some(place) = self.field(slot) else {
            return Ok(&[]);
        };
        let start = follow(self.bytes, place)?;
        let count = u32::from_le_bytes(chunk(self.bytes, start)?) as usize;
        let rest = &self.bytes[start + 4..];
        let elements = rest.as_chunks().0.get(..count);
        elements.ok_or(Beyond(start))
    }

    /// A vector of tables.
    pub(super) fn tables(&self, slot: usize) -> Read<Tables<'a>> {
        let count = self.vector::<4>(slot)?.len();
        // Offsets count from their own places.
        let start = match self.field(slot) {
            Some(place) => follow(self.bytes, place)? + 4,
            None => 0,
        };
        Ok(Tables {
            bytes: self.bytes,
            start,
            count,
        })
    }
}

/// A vector of tables.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    bytes: &'a [u8],
    start: usize,
    count: usize,
}

impl<'a> Tables<'a> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// One of them, if there is one of this index.
    pub(super) fn get(&self, index: usize) -> Read<Option<Table<'a>>> {
        let at = |index| Table::at(self.bytes, follow(self.bytes, self.start + 4 * index)?);
        (index < self.count).then_some(index).map(at).transpose()
    }
}
