//! Ferrogrid as an external delegate of LiteRT, once TensorFlow Lite: a library that an interpreter loads, and whose cores
//! run quantized networks.
//!
//! `delegate` and `kernel` are what the runtime calls, `graph` and `builtin` read what it has; `abi` says how its tables lie
//! in memory. What is done between them, in `network`, `model`, `compiled` and `runtime::plugin` of the library, is safe
//! code.

mod abi;
mod builtin;
mod compiled;
mod delegate;
mod graph;
mod kernel;
mod model;
mod network;

pub use delegate::{tflite_plugin_create_delegate, tflite_plugin_destroy_delegate};
