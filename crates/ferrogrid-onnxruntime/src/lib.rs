//! Ferrogrid as an execution provider of ONNX Runtime: a library that a session loads, and whose cores run quantized
//! networks.
//!
//! `factory`, `provider`, `compute` and `context` are what the runtime calls, `api` and `graph` what it is asked for; `abi` says how
//! its tables lie in memory. What is done between them, in `network`, `compiled`, `saving` and `runtime::plugin` of the library, is safe code.

mod abi;
mod api;
mod compiled;
mod compute;
mod context;
mod factory;
mod graph;
mod network;
mod provider;
mod saving;

pub use factory::{CreateEpFactories, ReleaseEpFactory};
