//! What memories refuse.

use super::refused;
use crate::*;

#[test]
fn granules_are_set_before_masks_are_used() {
    let message = refused(|m| {
        let a = m.input("a", bit());
        let words = m.memory(8, 2).named("words");
        words.write_masked(a, a, m.zero(unsigned(8)), a);
        words.granularity(4);
    });
    assert_eq!(
        message,
        "memory `words` has a masked write port already: set the granularity before it"
    );
}
