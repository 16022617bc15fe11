//! How far it is.

use super::QuantizeError;

/// What is told of a stage: its name, how much of it is done, and how much there is. False ends the work.
pub type Tell<'a> = dyn FnMut(&'static str, usize, usize) -> bool + 'a;

/// Steps of a stage, which are told.
pub(super) struct Progress<'a> {
    tell: &'a mut Tell<'a>,
    stage: &'static str,
    done: usize,
    of: usize,
}

impl<'a> Progress<'a> {
    pub(super) fn new(tell: &'a mut Tell<'a>) -> Progress<'a> {
        Progress {
            tell,
            stage: "",
            done: 0,
            of: 0,
        }
    }

    pub(super) fn begin(&mut self, stage: &'static str, of: usize) -> Result<(), QuantizeError> {
        (self.stage, self.done, self.of) = (stage, 0, of);
        self.say()
    }

    pub(super) fn step(&mut self) -> Result<(), QuantizeError> {
        self.done += 1;
        self.say()
    }

    fn say(&mut self) -> Result<(), QuantizeError> {
        match (self.tell)(self.stage, self.done, self.of) {
            true => Ok(()),
            false => Err(QuantizeError::Interrupted),
        }
    }
}
