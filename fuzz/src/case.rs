//! A case of a campaign: a file of the corpus and the seeds of its changes.

use crate::corpus::Corpus;
use crate::edit::{Format, edited};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Changes of a file, each decided by its seed.
#[derive(Clone)]
pub(crate) struct Case<'a> {
    format: Format,
    file: &'a [u8],
    /// The seed of each, and the file that parts are taken of.
    edits: Vec<(u64, &'a [u8])>,
}

impl<'a> Case<'a> {
    /// A case of a campaign.
    pub(crate) fn new(corpus: &'a Corpus, seed: u64, index: u64) -> Case<'a> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        let files = corpus.files();
        let mut any = || files[rng.random_range(0..files.len())].as_slice();
        // Large files take longer: of two the smaller one.
        let (one, other) = (any(), any());
        let file = if one.len() < other.len() { one } else { other };
        let format = Format::of(file);
        let same = files.iter().filter(|other| Format::of(other) == format);
        let same = Vec::from_iter(same);
        let count = rng.random_range(1..=6);
        let edits = (0..count).map(|_| {
            let other = same[rng.random_range(0..same.len())];
            (rng.random(), other.as_slice())
        });
        Case {
            format,
            file,
            edits: edits.collect(),
        }
    }

    /// The damaged file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let edits = self.edits.iter();
        edits.fold(self.file.to_vec(), |bytes, (seed, other)| {
            edited(self.format, &bytes, other, *seed)
        })
    }

    /// The case without each of its changes.
    pub(crate) fn smaller(&self) -> Vec<Case<'a>> {
        let without = |place| {
            let mut case = self.clone();
            case.edits.remove(place);
            case
        };
        (0..self.edits.len()).map(without).collect()
    }
}
