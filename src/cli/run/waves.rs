//! Waves of an inference.

use super::super::error::CliError;
use super::super::interrupt;
use super::super::progress::Progress;
use super::Run;
use crate::device::{Accelerator, AcceleratorError, Error, Executable};
use crate::graph::Values;
use std::ops::ControlFlow;

impl Run {
    /// Runs the first row with its waves, where they are wanted.
    pub(super) fn write_waves(
        &self,
        accelerator: &mut Accelerator,
        network: &Executable,
        row: &[Values],
        progress: &mut Progress,
    ) -> miette::Result<()> {
        let Some((file, waves)) = self.waves.pending()? else {
            return Ok(());
        };
        let programs = network.programs().count();
        if programs != 1 {
            return Err(CliError::WavesOfPrograms { programs }.into());
        }
        progress.working("writing waves");
        accelerator.trace(Some(waves))?;
        let mut watch = |_| match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let done = accelerator.load(network)?.infer_watched(row, &mut watch);
        interrupt::check()?;
        done.map_err(|error| match error {
            AcceleratorError::Device(Error::Files { path, source, .. }) if path == file.path() => {
                file.error(&source).into()
            }
            error => miette::Report::from(error),
        })?;
        file.keep()?;
        Ok(accelerator.trace(None)?)
    }
}
