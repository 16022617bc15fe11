//! The process that judges files, and may end in the midst of one.

use crate::case::Case;
use crate::corpus::Corpus;
use crate::judge::{Judge, Stage};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file of a folder that says how far its worker is.
pub(crate) const STATE: &str = "state";

/// How far a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Number of the case.
    pub(crate) index: u64,
    /// What is done with it.
    pub(crate) stage: Stage,
    /// How many cases came to each stage.
    pub(crate) reached: [u64; Stage::ALL.len()],
}

impl State {
    pub(crate) fn before(index: u64) -> State {
        State {
            index,
            stage: Stage::Made,
            reached: [0; Stage::ALL.len()],
        }
    }

    fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.index, self.stage as u64];
        let numbers = numbers.into_iter().chain(self.reached);
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    /// What the worker of a folder wrote; none where it wrote nothing yet.
    pub(crate) fn read(folder: &Path) -> Option<State> {
        let bytes = fs::read(folder.join(STATE)).ok()?;
        let (words, _) = bytes.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mut state = State::before(words.next()?);
        let stage = words.next()?;
        state.stage = *Stage::ALL.iter().find(|other| **other as u64 == stage)?;
        for count in &mut state.reached {
            *count = words.next()?;
        }
        Some(state)
    }
}

/// Judges cases of the corpus in a folder, from one on. What must not happen ends the process.
///
/// # Errors
/// When files of the folder are not read or written.
pub(crate) fn run(folder: &Path, seed: u64, first: u64, end: u64) -> io::Result<bool> {
    let corpus = Corpus::load(&folder.join("corpus"))?;
    let judge = Judge::new();
    let path = folder.join("file");
    let mut file = File::create(folder.join(STATE))?;
    let mut state = State::before(first);
    let mut note = |state: &State| {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&state.to_bytes())
    };
    for index in first..end {
        state.index = index;
        state.stage = Stage::Made;
        state.reached[Stage::Made as usize] += 1;
        note(&state)?;
        let bytes = Case::new(&corpus, seed, index).bytes();
        judge.check(&bytes, &path, &mut |stage| {
            state.stage = stage;
            state.reached[stage as usize] += 1;
            note(&state).expect("the state is written");
        });
    }
    state.index = end;
    note(&state)?;
    Ok(true)
}

/// Judges files as they are; the process ends where one does what must not happen.
///
/// # Errors
/// When a file is not read.
pub(crate) fn replay(files: &[PathBuf]) -> io::Result<bool> {
    let judge = Judge::new();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    for file in files {
        let bytes = fs::read(file)?;
        let mut last = Stage::Read;
        judge.check(&bytes, &path, &mut |stage| {
            last = stage.min(Stage::Functional).max(last.min(stage));
            eprintln!("{}: {stage:?}", file.display());
        });
    }
    Ok(true)
}
