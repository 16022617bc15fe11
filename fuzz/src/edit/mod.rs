//! Damages files: bytes of any, and fields of the three formats as they are built.

mod bytes;
mod fgn;
mod flatbuffer;
mod numbers;
mod protobuf;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    TfLite,
    Onnx,
    /// A compiled network.
    Fgn,
}

impl Format {
    pub(crate) fn of(bytes: &[u8]) -> Format {
        match (bytes.get(..4), bytes.get(4..8)) {
            (Some(b"FGNF"), _) => Format::Fgn,
            (_, Some(b"TFL3")) => Format::TfLite,
            _ => Format::Onnx,
        }
    }

    /// Of the names of its files.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::TfLite => "tflite",
            Format::Onnx => "onnx",
            Format::Fgn => "fgn",
        }
    }
}

/// A file with one change that the seed decides; parts may be those of `other`, a file of the same format.
pub(crate) fn edited(format: Format, bytes: &[u8], other: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut bytes = bytes.to_vec();
    match (rng.random_range(0..5), format) {
        (0, Format::TfLite | Format::Onnx) => bytes::edit(&mut bytes, other, &mut rng),
        (_, Format::TfLite) => flatbuffer::edit(&mut bytes, &mut rng),
        (_, Format::Onnx) => protobuf::edit(&mut bytes, other, &mut rng),
        (_, Format::Fgn) => fgn::edit(&mut bytes, other, &mut rng),
    }
    bytes
}

/// Smaller files that are as the one given but for parts that they do not have.
pub(crate) fn smaller(format: Format, bytes: &[u8]) -> Vec<Vec<u8>> {
    match format {
        Format::Onnx => protobuf::smaller(bytes),
        Format::Fgn => fgn::smaller(bytes),
        Format::TfLite => flatbuffer::smaller(bytes),
    }
}

/// One of several.
fn one_of<'a, T>(of: &'a [T], rng: &mut impl Rng) -> Option<&'a T> {
    let place = (!of.is_empty()).then(|| rng.random_range(0..of.len()));
    place.map(|place| &of[place])
}
