//! The `ferrogrid` command.

fn main() {}
