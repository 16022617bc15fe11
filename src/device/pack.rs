//! Matrices to the beats of A and B, and beats of C to a matrix.
//!
//! The formats are those of `docs/matmul.md`. A beat is a list of 32-bit words, the lowest
//! first; beats of less than 32 bits are one word whose upper bits are 0.

use crate::arch::{JobShape, MatmulArch, StreamFormat};
use crate::number::{Format, Matrix};
use ndarray::{Array2, ArrayView2, Axis};

/// One beat of a stream, lowest word first.
pub type BeatWords = Vec<u32>;

/// The beats of A (M x K). `filler` gives the bits of each padding element, in the order of the
/// stream, and is cut to the element's width; hardware must not care what they are.
///
/// # Panics
/// When the elements are not in the format of the core's activations.
#[track_caller]
pub fn pack_a(arch: &MatmulArch, a: &Matrix, filler: impl FnMut() -> u64) -> Vec<BeatWords> {
    let mut packer = Packer::new(&arch.a, filler);
    for row in elements(a, arch.activation).rows() {
        for group in row.axis_chunks_iter(Axis(0), arch.a.group as usize) {
            packer.group(group.iter().copied());
        }
    }
    packer.beats
}

/// The beats of B (K x N); `filler` as for [`pack_a`].
///
/// # Panics
/// When the elements are not in the format of the core's weights.
#[track_caller]
pub fn pack_b(arch: &MatmulArch, b: &Matrix, filler: impl FnMut() -> u64) -> Vec<BeatWords> {
    let mut packer = Packer::new(&arch.b, filler);
    let b = elements(b, arch.weight);
    for panel in b.axis_chunks_iter(Axis(1), arch.b.group as usize) {
        for row in panel.rows() {
            packer.group(row.iter().copied());
        }
    }
    packer.beats
}

/// The beats of C (M x N) as a core sends them: padding is zero.
///
/// # Panics
/// When the elements are not in the format of the core's results.
#[track_caller]
pub fn pack_c(arch: &MatmulArch, c: &Matrix) -> Vec<BeatWords> {
    let mut packer = Packer::new(&arch.c, || 0);
    for row in elements(c, arch.result).rows() {
        for group in row.axis_chunks_iter(Axis(0), arch.c.group as usize) {
            packer.group(group.iter().copied());
        }
    }
    packer.beats
}

/// The elements of a matrix that must be of this format.
#[track_caller]
fn elements(matrix: &Matrix, format: impl Into<Format>) -> ArrayView2<'_, u64> {
    let (found, wanted) = (matrix.format(), format.into());
    assert!(found == wanted, "the matrix is {found}, not {wanted}");
    matrix.bits()
}

/// The beats are not those of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Too few or too many beats.
    #[error("the result stream needs {expected} beats and has {found}")]
    Beats {
        /// Beats of the job.
        expected: u64,
        /// Beats there are.
        found: usize,
    },
    /// Padding of C is zero.
    #[error("padding in beat {beat} of the result stream is not zero")]
    Padding {
        /// The beat, counted from 0.
        beat: usize,
    },
}

/// The matrix C (M x N) of a job from its beats.
pub fn unpack_c<B: AsRef<[u32]>>(
    arch: &MatmulArch,
    shape: JobShape,
    beats: &[B],
) -> Result<Matrix, UnpackError> {
    let expected = arch.beats(shape).c;
    if beats.len() as u64 != expected {
        return Err(UnpackError::Beats {
            expected,
            found: beats.len(),
        });
    }
    let format = &arch.c;
    let mut c = Array2::zeros((shape.m as usize, shape.n as usize));
    let mut numbered = beats.iter().map(B::as_ref).enumerate();
    for mut row in c.rows_mut() {
        for mut group in row.axis_chunks_iter_mut(Axis(0), format.group as usize) {
            for mut lanes in group.axis_chunks_iter_mut(Axis(0), format.elements_per_beat as usize)
            {
                let (beat, words) = numbered.next().expect("as many beats as counted");
                for (lane, value) in (0..).zip(lanes.iter_mut()) {
                    *value = element(words, lane, format.element_bits);
                }
                let mut padding = lanes.len() as u32..format.elements_per_beat;
                if padding.any(|lane| element(words, lane, format.element_bits) != 0) {
                    return Err(UnpackError::Padding { beat });
                }
            }
        }
    }
    Ok(Matrix::from_bits(arch.result, c))
}

struct Packer<'a, F> {
    format: &'a StreamFormat,
    filler: F,
    beats: Vec<BeatWords>,
}

impl<'a, F: FnMut() -> u64> Packer<'a, F> {
    fn new(format: &'a StreamFormat, filler: F) -> Self {
        Packer {
            format,
            filler,
            beats: Vec::new(),
        }
    }

    /// Appends a group in the beats it needs, the last one padded.
    fn group(&mut self, elements: impl ExactSizeIterator<Item = u64>) {
        let StreamFormat {
            width,
            element_bits,
            elements_per_beat,
            ..
        } = *self.format;
        let padded = elements.len().next_multiple_of(elements_per_beat as usize);
        let mut lane = 0;
        for bits in elements
            .map(Some)
            .chain(std::iter::repeat(None))
            .take(padded)
        {
            if lane == 0 {
                self.beats.push(vec![0; width.div_ceil(32) as usize]);
            }
            let bits = bits.unwrap_or_else(&mut self.filler);
            let beat = self.beats.last_mut().expect("a beat was begun");
            put(beat, lane, element_bits, bits);
            lane = (lane + 1) % elements_per_beat;
        }
    }
}

fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// Puts element `lane` of `bits` bits into a beat of zeros. Widths are powers of two, so that an
/// element lies in one word, or is two whole words.
fn put(beat: &mut [u32], lane: u32, bits: u32, value: u64) {
    let (word, shift) = place(lane, bits);
    let value = (value & mask(bits)) << shift;
    beat[word] |= value as u32;
    if bits > 32 {
        beat[word + 1] |= (value >> 32) as u32;
    }
}

/// Element `lane` of `bits` bits of a beat; words that are left out are 0.
fn element(beat: &[u32], lane: u32, bits: u32) -> u64 {
    let (index, shift) = place(lane, bits);
    let word = |index: usize| u64::from(beat.get(index).copied().unwrap_or(0));
    ((word(index) | word(index + 1) << 32) >> shift) & mask(bits)
}

/// Word of an element's lowest bit, and the bit's place in the word.
fn place(lane: u32, bits: u32) -> (usize, u32) {
    let lsb = lane * bits;
    ((lsb / 32) as usize, lsb % 32)
}

#[cfg(test)]
mod tests;
