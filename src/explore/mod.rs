//! Which core to build: the configurations of a [`Space`](crate::config::Space), what each takes and does as
//! [`model`](crate::model) has it, those that no other is better than, and a few of them confirmed in the simulator.
//!
//! ```
//! use ferrogrid::config::Space;
//! use ferrogrid::explore::{Exploration, Goal, Search, Workload, front};
//!
//! let text = "kind = 'matmul'\n[array]\nrows = [4, 8]\ncolumns = [4, 8]\n";
//! let space = Space::parse("space.toml", text)?;
//! let products = vec![Workload::product("64x64x64")?];
//! let exploration = Exploration::new(space, products, None, "100MHz".parse()?)?;
//! let mut points = Vec::new();
//! exploration.explore(&mut points, &Search::default(), &mut |_, _| Ok::<_, std::io::Error>(()))?;
//! assert_eq!(points.len(), 4);
//! assert!(!front(&points, &[Goal::Latency, Goal::Area]).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod confirm;
mod evaluate;
mod front;
mod goal;
mod page;
mod point;
mod report;
mod run;
mod search;
mod table;
mod workload;

pub use confirm::{ConfirmError, Confirmed};
pub use evaluate::{Exploration, ExplorationError};
pub use front::{best, front};
pub use goal::Goal;
pub use point::{Figures, Outcome, Point};
pub use report::{ConfirmedPoint, ExplorationReport};
pub use run::{Search, Told};
pub use search::Method;
pub use table::csv;
pub use workload::Workload;
