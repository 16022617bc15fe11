//! Networks on simulated cores, for programs in C: `include/ferrogrid.h` is made of this.
//!
//! Functions that may fail give null or a number other than 0; [`ferrogrid_error`] says why. Any thread may call
//! any function: a model runs for one thread at a time, errors are those of the thread. Only `ferrogrid_close` and
//! `ferrogrid_free` must be the last for what they are given.

mod error;
mod model;

pub use error::ferrogrid_error;
pub use model::*;
