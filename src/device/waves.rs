//! Files of waves.

use super::error::Error;
use crate::hdl::sim::Waves;
use std::path::{Path, PathBuf};

/// A file that the waves of a run go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub format: WaveFormat,
    /// Which waves are in it. Of some modules or cycles only the native simulator writes them.
    pub waves: Waves,
}

/// How waves are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveFormat {
    /// A value change dump.
    Vcd,
    /// The compressed format of GTKWave, which only the native simulator writes.
    Fst,
}

impl WaveFormat {
    /// FST for a file whose name ends so, else VCD.
    pub fn of(path: &Path) -> WaveFormat {
        match path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("fst"))
        {
            true => WaveFormat::Fst,
            false => WaveFormat::Vcd,
        }
    }
}

impl WaveFile {
    /// All waves, in the format that the name of the file says.
    pub fn all(path: impl Into<PathBuf>) -> WaveFile {
        let path = path.into();
        WaveFile {
            format: WaveFormat::of(&path),
            waves: Waves::default(),
            path,
        }
    }

    /// The path of a value change dump of all waves: what another simulator than the native one writes.
    pub(super) fn plain(&self) -> Result<&Path, Error> {
        match (self.format, self.waves == Waves::default()) {
            (WaveFormat::Fst, _) => Err(Error::Signal(
                "only the native simulator writes FST: choose a .vcd file".into(),
            )),
            (_, false) => Err(Error::Signal(
                "only the native simulator writes waves of some modules or cycles".into(),
            )),
            (WaveFormat::Vcd, true) => Ok(&self.path),
        }
    }
}
