//! Networks from files, run by the golden model, against what runtimes returned.

#[path = "../models.rs"]
mod models;

mod case;
mod onnx;
mod suite;
mod tflite;
