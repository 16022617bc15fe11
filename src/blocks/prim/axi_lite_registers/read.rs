//! The read channel: in a step a cycle, so that no path is long however many registers there are.

use super::word_address;
use crate::hdl::{AxiLite, Module, Signal, bit, concat, join, unsigned};
use std::ops::BitOr;

/// Words that meet in one register.
const GROUP: usize = 5;

/// What reads of a register show.
pub(super) struct Word<'m> {
    /// Its address in words: a named constant.
    pub at: Signal<'m>,
    /// It never changes.
    pub constant: bool,
    /// 32 bits.
    pub value: Signal<'m>,
}

/// Takes an address, decodes it, gathers the word that it selects, first in each group of words and
/// then of all groups, and holds it until it is taken. `response` gives the response to an address.
#[track_caller]
pub(super) fn read_channel<'m>(
    m: &'m Module,
    axi: &AxiLite<'m>,
    words: &[Word<'m>],
    response: impl Fn(Signal<'m>) -> Signal<'m>,
) {
    let busy = m
        .reg(bit())
        .named("read_busy")
        .reset(0)
        .comment("from the address until the data are taken");
    let take = (axi.arvalid & !busy).named("read_take");
    axi.arready.drive(!busy);
    // It stays until the data are taken: nothing behind it has to be held.
    let at = m.capture(take, word_address(axi.araddr)).named("read_word");
    let steps = m
        .reg(unsigned(3))
        .named("read_steps")
        .reset(0)
        .comment("taken, decoded, gathered in groups: a 1 walks up");
    steps.next(concat(&[steps.truncate(2), take]));
    let gathered = steps.bit(2);
    let valid = m.reg(bit()).named("read_valid").reset(0);
    valid.next(gathered | (valid & !axi.rready));
    busy.next(take | (busy & !(valid & axi.rready)));

    let (constant, variable): (Vec<_>, Vec<_>) = words.iter().partition(|word| word.constant);
    let mut found = Vec::new();
    if !constant.is_empty() {
        let arms: Vec<_> = (constant.iter())
            .map(|word| (word.at, word.value))
            .collect();
        found.push(
            m.delay(at.case(&arms, m.zero(unsigned(32))))
                .named("read_constant"),
        );
    }
    if !variable.is_empty() {
        let selected: Vec<_> = variable.iter().map(|word| at.eq(word.at)).collect();
        let selected = m
            .delay(join(&selected))
            .named("read_select")
            .comment("a bit for each word that may change");
        let shown: Vec<_> = (selected.split(1).into_iter())
            .zip(&variable)
            .map(|(selected, word)| selected.repeat(32) & word.value)
            .collect();
        for (index, group) in shown.chunks(GROUP).enumerate() {
            found.push(m.delay(any(group)).named(format!("read_group_{index}")));
        }
    }
    axi.rvalid.drive(valid);
    axi.rdata
        .drive(m.capture(gathered, any(&found)).named("read_data"));
    axi.rresp
        .drive(m.capture(gathered, response(at)).named("read_response"));
}

/// The or of words of which all but one are 0.
fn any<'m>(words: &[Signal<'m>]) -> Signal<'m> {
    (words.iter().copied())
        .reduce(BitOr::bitor)
        .expect("a register map has registers")
}
