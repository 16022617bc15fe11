//! The beats of C that a job must give, from the golden product and the written stream format.

use crate::arch::MatmulArch;
use crate::number::{Format, Matrix, Number};
use std::ops::Range;

/// A beat of C.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResultBeat {
    /// Payload, lowest 32 bits first.
    pub words: Vec<u32>,
    /// The elements in it: their row and columns.
    pub row: usize,
    pub columns: Range<usize>,
}

/// The beats of a product, in order. Row after row; a row is cut into groups of as many elements
/// as the array has columns; a group takes whole beats, padded with zeros.
pub(super) fn result_beats(arch: &MatmulArch, c: &Matrix) -> Vec<ResultBeat> {
    let lane_words = (arch.result.bits / 32) as usize;
    let beat_words = (arch.c.width / 32) as usize;
    let group = arch.columns as usize;
    let mut beats = Vec::new();
    for (row, values) in c.bits().rows().into_iter().enumerate() {
        for first in (0..values.len()).step_by(group) {
            let end = (first + group).min(values.len());
            for start in (first..end).step_by(beat_words / lane_words) {
                let columns = start..end.min(start + beat_words / lane_words);
                let mut words = Vec::with_capacity(beat_words);
                for column in columns.clone() {
                    let value = values[column];
                    words.extend(
                        [value as u32, (value >> 32) as u32]
                            .into_iter()
                            .take(lane_words),
                    );
                }
                words.resize(beat_words, 0);
                beats.push(ResultBeat {
                    words,
                    row,
                    columns,
                });
            }
        }
    }
    beats
}

impl ResultBeat {
    /// The element in lane `lane` of a payload.
    pub fn element(arch: &MatmulArch, words: &[u32], lane: usize) -> Number {
        let word = |index: usize| u64::from(words.get(index).copied().unwrap_or(0));
        let bits = if arch.result.bits == 64 {
            word(2 * lane) | word(2 * lane + 1) << 32
        } else {
            word(lane)
        };
        Format::Int(arch.result).decode(bits)
    }
}
