//! A fingerprint of the parameters, which hardware shows to its driver.

use super::{MatmulArch, Target};
use sha2::{Digest, Sha256};

/// The first 32 bits of the SHA-256 of a text.
pub(super) fn first_bits(text: &str) -> u32 {
    let digest = Sha256::digest(text);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

impl MatmulArch {
    /// The first 32 bits of the SHA-256 of [`Self::canonical_parameters`].
    ///
    /// Equal hardware has an equal hash, whatever its name and however its TOML was spelled.
    pub fn config_hash(&self) -> u32 {
        first_bits(&self.canonical_parameters())
    }

    /// Every parameter that changes the hardware, one a line, in a fixed order.
    pub fn canonical_parameters(&self) -> String {
        // Cores had their hashes before there were these choices.
        let target = match self.target {
            Target::Portable => String::new(),
            target => format!("target {target}\n"),
        };
        let output_register = if self.output_register {
            "output_register 1\n"
        } else {
            ""
        };
        format!(
            "matmul 2\nrows {}\ncolumns {}\ndataflow {}\nactivation {}\nweight {}\n\
             product_register {}\nstreams {} {} {}\na_buffer {}\nb_buffer {}\naccumulators {}\n{target}{output_register}",
            self.rows,
            self.columns,
            self.dataflow,
            self.activation,
            self.weight,
            u8::from(self.product_register),
            self.a.width,
            self.b.width,
            self.c.width,
            self.a_buffer.words_per_row,
            self.b_buffer.bank_depth,
            self.accumulators.panels,
        )
    }
}
