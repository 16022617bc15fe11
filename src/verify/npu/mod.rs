//! Cases of the core that runs networks: programs, held to the functional model, and networks, held to
//! the golden interpreter.

mod arch;
mod network;
mod prediction;
mod program;
mod time;
mod wrong;

pub use crate::product::machine_size;
pub use arch::random_arch;
pub(crate) use network::NETWORK;
pub use network::{Kind, Layer, NetworkCase, random_network, random_network_of};
pub use prediction::{predict_random, predicted};
pub(crate) use program::PROGRAM;
pub use program::{Before, Data, ProgramCase, random_program, random_program_of};
pub use wrong::Wrong;

use rand::{Rng, RngExt};
use time::{SLOW, enough_cycles};

/// From `low` to `high`, both included.
fn within(rng: &mut impl Rng, low: u32, high: u32) -> u32 {
    rng.random_range(low..=high)
}

/// True once in so many times.
fn chance(rng: &mut impl Rng, of: u32) -> bool {
    within(rng, 1, of) == 1
}
