//! How the rows of a matrix are cut into beats.

/// The format of one stream: a row of elements is cut into groups, each group padded to whole
/// beats, the last group sent with only the beats it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// Bits per beat.
    pub width: u32,
    /// Bits per element (per result lane on C).
    pub element_bits: u32,
    /// Elements per beat, the first in the lowest bits.
    pub elements_per_beat: u32,
    /// Elements per group.
    pub group: u32,
    /// Beats of a full group.
    pub beats_per_group: u32,
}

impl StreamFormat {
    /// A stream of `width` bits that carries groups of `group` elements.
    pub(super) fn new(width: u32, element_bits: u32, group: u32) -> StreamFormat {
        let elements_per_beat = width / element_bits;
        let beats_per_group = group.div_ceil(elements_per_beat);
        StreamFormat {
            width,
            element_bits,
            elements_per_beat,
            group,
            beats_per_group,
        }
    }

    /// Beats of a group that holds only `elements` elements (at most [`Self::group`]).
    pub fn beats_of(&self, elements: u32) -> u32 {
        elements.div_ceil(self.elements_per_beat)
    }

    /// Beats of a row of `elements` elements.
    pub fn beats_per_row(&self, elements: u32) -> u64 {
        let full = u64::from(elements / self.group) * u64::from(self.beats_per_group);
        full + u64::from(self.beats_of(elements % self.group))
    }

    /// Elements in the last beat of a full group.
    pub fn tail(&self) -> u32 {
        self.group - (self.beats_per_group - 1) * self.elements_per_beat
    }

    /// Elements of a full group's last beat that are padding.
    pub fn group_padding(&self) -> u32 {
        self.beats_per_group * self.elements_per_beat - self.group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_whole_and_partial_groups() {
        // Groups of 6 in beats of 4: 2 beats a group, 2 elements of padding.
        let format = StreamFormat::new(32, 8, 6);
        assert_eq!((format.elements_per_beat, format.beats_per_group), (4, 2));
        assert_eq!((format.tail(), format.group_padding()), (2, 2));
        let beats = [1, 4, 5, 6, 7, 10, 11, 12, 13].map(|elements| format.beats_per_row(elements));
        assert_eq!(beats, [1, 1, 2, 2, 3, 3, 4, 4, 5]);
    }

    #[test]
    fn a_group_smaller_than_a_beat_takes_a_beat() {
        let format = StreamFormat::new(128, 8, 3);
        assert_eq!((format.beats_per_group, format.group_padding()), (1, 13));
        assert_eq!(format.beats_per_row(7), 3);
    }
}
