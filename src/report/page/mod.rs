//! A page of HTML that shows a run, or several, and needs nothing beside it. The charts are functions of plain data.

mod axis;
mod bars;
mod frame;
mod matmul;
mod network;
mod plot;
mod roofline;
mod svg;

pub use axis::Axis;
pub use bars::{Bar, bars};
pub use frame::Page;
pub use plot::{Line, Plot, Point};
pub use roofline::roofline;

use super::{MatmulReport, NetworkReport};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A report that a command printed as JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum RunReport {
    /// Of a network.
    Network(Box<NetworkReport>),
    /// Of a product of matrices.
    Matmul(Box<MatmulReport>),
}

impl RunReport {
    /// Reads a report back.
    ///
    /// # Errors
    /// When the bytes are no JSON, or not that of a report.
    pub fn read(json: &[u8]) -> Result<RunReport, serde_json::Error> {
        #[derive(Deserialize)]
        struct Kind {
            breakdown: Option<IgnoredAny>,
        }
        let kind: Kind = serde_json::from_slice(json)?;
        Ok(match kind.breakdown {
            Some(_) => RunReport::Matmul(serde_json::from_slice(json)?),
            None => RunReport::Network(serde_json::from_slice(json)?),
        })
    }

    /// Its page.
    pub fn page(&self) -> Page {
        match self {
            RunReport::Network(report) => network::page(report),
            RunReport::Matmul(report) => matmul::page(report),
        }
    }
}
