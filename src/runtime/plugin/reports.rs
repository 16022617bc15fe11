//! The figures of a program's networks, in a file.

use crate::device::Inference;
use crate::report::{Clock, NetworkReport, json};
use crate::runtime::CompiledModel;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

/// Those of each part that runs on the core, by the name of its first output: of its last run.
pub struct Reports {
    path: String,
    clock: Clock,
    parts: Mutex<BTreeMap<String, NetworkReport>>,
}

impl Reports {
    /// In this file, of which nothing is kept.
    ///
    /// # Errors
    /// When it is not written.
    pub fn new(path: &str, clock: Clock) -> Result<Reports, String> {
        let reports = Reports {
            path: path.to_owned(),
            clock,
            parts: Mutex::default(),
        };
        reports.write(&BTreeMap::new())?;
        Ok(reports)
    }

    /// Notes inferences, of which there are some, that have ended.
    ///
    /// # Errors
    /// When the file is not written.
    pub fn note(
        &self,
        part: &str,
        model: &CompiledModel,
        inferences: &[Inference],
    ) -> Result<(), String> {
        let report = model.report(inferences, self.clock);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(part.to_owned(), report);
        self.write(&parts)
    }

    fn write(&self, parts: &BTreeMap<String, NetworkReport>) -> Result<(), String> {
        let path = &self.path;
        fs::write(path, json(parts)).map_err(|error| format!("cannot write `{path}`: {error}"))
    }
}
