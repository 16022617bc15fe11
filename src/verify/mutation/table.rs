//! The mutations of the matmul core.

use super::Change::*;
use super::Spot::*;
use super::{Change, Mutation, Spot};
use crate::hdl::ir::BinaryOp::*;

const fn m(name: &'static str, module: &'static str, spot: Spot, change: Change) -> Mutation {
    Mutation {
        name,
        module,
        spot,
        change,
        nth: 0,
    }
}

impl Mutation {
    const fn at(mut self, nth: usize) -> Mutation {
        self.nth = nth;
        self
    }
}

/// Every mutation, from the processing elements outwards.
#[rustfmt::skip]
pub const MUTATIONS: &[Mutation] = &[
    // ---- processing elements ------------------------------------------------------------
    m("products are widened with zeros", "_pe", Next("sum"), WrongExtension),
    m("products reach their register widened with zeros", "_pe", Next("product"), WrongExtension),
    m("sums lose their top bit", "_pe", Next("sum"), LoseTopBit),
    m("an unsigned activation is taken as signed", "_pe", Wire("full_product"), WrongExtension),
    m("a weight goes to work a cycle late", "_pe", Enable("weight"), Late),
    m("the next weight is never caught", "_pe", Enable("next_weight"), Stuck(0)),
    m("the next weight is caught a cycle early", "_pe", Enable("next_weight"), Early),
    m("activations skip the register of a PE", "_pe", Output("activation_out"), Early),
    m("the sum from above is dropped", "_pe", Next("sum"), KeepRight),
    m("a tile begins with the sum of the one before", "_pe", Wire("base"), AlwaysThen),
    m("the drain register misses the sum", "_pe", Next("drain"), AlwaysOtherwise),
    m("the drain chain stands still", "_pe", Next("drain"), AlwaysOtherwise).at(1),
    m("the start token skips the register of a PE", "_pe", Output("start_out"), Early),

    // ---- array and skew -------------------------------------------------------------------
    m("the sums of two columns change places", "_row", Output("sums_out"), SwapLanes),
    m("the drained sums of two columns change places", "_row", Output("drain_out"), SwapLanes),
    m("weights go down the wrong column", "_row", Output("weights_out"), SwapLanes),
    m("activations are skewed by a cycle too much", "_datapath/skew_a", Next("stage_1"), Late),
    m("the activations of two rows change places", "_datapath/skew_a", Output("vector_out"), SwapLanes),
    m("weights are skewed by a cycle too much", "_datapath/skew_b", Next("stage_1"), Late),
    m("sums are deskewed by a cycle too much", "_datapath/deskew", Next("stage_1"), Late),

    // ---- datapath -------------------------------------------------------------------------
    m("sums are taken a cycle late", "_token_line", Output("valid_out"), Late),
    m("the place of sums comes a cycle late", "_token_line", Output("token_out"), Late),
    m("an abort leaves tokens beside the array", "_token_line", Next("valid"), AlwaysThen),
    m("a pass starts a cycle late", "_datapath", Next("pass_start_1"), Late),
    m("B is written one word too high", "_datapath", WriteAddress("b_buffer"), Offset(1)),
    m("row 0 of A is always written", "_datapath", WriteEnable("a_buffer_0"), Stuck(1)),
    m("the element of a word of A is chosen a cycle late", "_datapath", Next("a_lane_1"), Late),
    m("the drain chain does not move on", "_datapath", Next("shifts"), AlwaysOtherwise),
    m("the rows of a tile are not counted anew", "_datapath", Wire("row"), AlwaysOtherwise),

    // ---- loaders ----------------------------------------------------------------------------
    m("a row of A ends late", "_load_a", Wire("row_end"), Strictness),
    m("a row block has a row less", "_load_a", Wire("last_row_of_block"), Constant(-1)),
    m("all row blocks go to one bank", "_load_a", Next("bank"), Stuck(0)),
    m("vectors of A lie one word apart too far", "_load_a", Next("offset"), Constant(1)),
    m("A is taken when both banks are full", "_load_a", Wire("take"), Constant(1)),
    m("a truncated A is not noticed", "_load_a", Wire("truncated"), Stuck(0)),
    m("an over-long A is not noticed", "_load_a", Wire("overlong"), Stuck(0)),
    m("every A is over-long", "_load_a", Wire("overlong"), KeepRight),
    m("discarding ends with any beat", "_load_a", Next("state"), Operator(And, Or)).at(1),
    m("the loader of A goes on after an error", "_load_a", Next("state"), AlwaysOtherwise).at(4),
    m("the loader of A ignores an abort", "_load_a", Next("state"), AlwaysOtherwise).at(1),
    m("full banks are never released", "_load_a", Next("full"), AlwaysOtherwise).at(2),
    m("full banks survive an error", "_load_a", Next("full"), AlwaysOtherwise),
    m("rows of A are counted twice", "_load_a", Next("rows_left"), Constant(1)),
    m("padding of B is not masked", "_load_b", Wire("masked_beat"), AlwaysThen),
    m("two columns of B change places", "_load_b", Wire("masked_beat"), SwapLanes),
    m("the last panel comes a panel late", "_load_b", Wire("last_panel"), Constant(-1)),
    m("the rows of the last panel are too long", "_load_b", Next("left"), SwapMux).at(3),
    m("a row of the last panel follows too late", "_load_b", Next("left"), SwapMux).at(4),
    m("B of two jobs goes to one bank", "_load_b", Next("bank"), KeepLeft).at(1),
    m("vectors of B are not counted anew", "_load_b", Next("loaded"), AlwaysOtherwise),
    m("rows of later panels are not counted", "_load_b", Next("rows_left"), AlwaysOtherwise).at(2),
    m("a truncated B is not noticed", "_load_b", Wire("truncated"), Stuck(0)),
    m("an over-long B is not noticed", "_load_b", Wire("overlong"), Stuck(0)),
    m("the loader of B ignores an abort", "_load_b", Next("state"), AlwaysOtherwise).at(1),

    // ---- job control --------------------------------------------------------------------------
    m("a running job can be started again", "_job", Wire("accept"), KeepRight).at(1),
    m("bad sizes are started", "_job", Wire("bad_size"), Stuck(0)),
    m("the largest K is refused", "_job", Wire("bad_size"), Strictness),
    m("a panel too much is started", "_job", Wire("too_many_vectors"), Strictness),
    m("the largest B is refused", "_job", Wire("too_many_vectors"), Strictness).at(1),
    m("the sizes of a waiting job change", "_job", Enable("front_k"), Stuck(1)),
    m("the sizes of the job in the loaders change", "_job", Enable("load_k"), Stuck(1)),
    m("the sizes of the job in the array change", "_job", Enable("compute_k"), Stuck(1)),
    m("the sizes of the job in the drain change", "_job", Enable("drain_panels"), Stuck(1)),
    m("the loaders go on before the array has the job", "_job", Wire("load_done"), KeepRight),
    m("the array goes on before the drain has the job", "_job", Wire("compute_done"), KeepRight),
    m("a job that fails is given up while others run", "_job", Wire("fail"), KeepLeft).at(1),
    m("an aborted job is started", "_job", Next("load_first"), KeepLeft),
    m("a bad job ends before those that run", "_job", Wire("refuse"), KeepLeft).at(2),
    m("jobs in the units are not counted down", "_job", Next("jobs_in_units"), AlwaysOtherwise).at(2),
    m("an abort leaves a job in front", "_job", Next("front_state"), AlwaysOtherwise).at(5),
    m("an error stays after the next start", "_job", Next("error"), AlwaysOtherwise).at(3),
    m("a refused job shows no error", "_job", Next("error"), AlwaysOtherwise).at(1),
    m("a truncated stream shows the wrong error", "_job", Next("error"), SwapMux).at(3),
    m("a failed job ends before its streams", "_job", Wire("flushed"), KeepLeft),
    m("done stays set in the next job", "_job", Next("done"), KeepLeft).at(2),
    m("done survives an abort", "_job", Next("done"), KeepLeft).at(1),
    m("a failing job ignores an abort", "_job", Next("state"), AlwaysOtherwise).at(2),
    m("stream errors do not end the job", "_job", Next("state"), AlwaysOtherwise),
    m("an abort leaves a job in the loaders", "_job", Next("load_valid"), KeepLeft),
    m("a failed job raises no error interrupt", "_job", Output("failed"), Stuck(0)),

    // ---- sequencers ---------------------------------------------------------------------------
    m("the last tile of K is left out", "_sequencer", Wire("tile_k_end"), Strictness),
    m("a panel too much is computed", "_sequencer", Wire("tile_n_end"), Constant(-1)),
    m("a row block too much is computed", "_sequencer", Wire("tile_m_end"), Strictness),
    m("sums begin anew in the wrong tile", "_sequencer", Next("tile_k_first"), SwapMux),
    m("edge tiles have the wrong number of rows", "_sequencer", Wire("tile_rows"), SwapMux),
    m("passes do not wait for A", "_sequencer", Wire("lacks_a"), Stuck(0)),
    m("passes do not wait for B", "_sequencer", Wire("lacks_b"), Stuck(0)),
    m("passes do not wait for the drain", "_sequencer", Wire("lacks_bank"), Stuck(0)),
    m("passes wait for a vector of B too much", "_sequencer", Wire("b_there"), Strictness),
    m("what was seen of the tile before counts", "_sequencer", Next("has_b"), KeepLeft),
    m("B of the next job counts", "_sequencer", Wire("b_there"), KeepRight),
    m("B is whole for ever", "_sequencer", Next("b_whole"), KeepLeft).at(1),
    m("B is read from one bank", "_sequencer", Next("b_bank"), KeepLeft).at(1),
    m("a bank of A is used twice", "_sequencer", Wire("lacks_a"), KeepLeft).at(2),
    m("the bank is not set at the start", "_sequencer", Next("bank"), KeepRight),
    m("both banks are one", "_sequencer", Next("bank"), KeepLeft),
    m("a pass is a cycle too short", "_sequencer", Wire("last_step"), Constant(-1)),
    m("a vector too much is streamed", "_sequencer", Wire("vector"), Strictness),
    m("a row of weights too much is loaded", "_sequencer", Wire("weight"), Strictness),
    m("every other vector of B is read", "_sequencer", Next("b_next"), Constant(1)),
    m("weights enter the array a cycle late", "_sequencer", Next("weight_1"), Late),
    m("banks of A are never released", "_sequencer", Output("a_release"), Stuck(0)),
    m("a bank of A is released with every tile", "_sequencer", Output("a_release"), KeepLeft),
    m("claimed banks survive an abort", "_sequencer", Next("claimed_banks"), AlwaysOtherwise),
    m("panels of sums overlap", "_sequencer", Next("tile_sum_offset"), Constant(-1)),
    m("tiles of A overlap", "_sequencer", Next("tile_a_offset"), Constant(-1)),
    m("sums never begin anew", "_sequencer", Next("first_1"), Stuck(0)),
    m("sums always begin anew", "_sequencer", Next("first_1"), Stuck(1)),
    m("a row block is complete with its first tile", "_sequencer", Next("last_1"), KeepLeft),
    m("sums go to the wrong bank", "_sequencer", Next("bank_1"), Invert),
    m("a vector less of K is streamed", "_sequencer", Next("k_left"), Constant(1)),
    m("every other word of A is read", "_sequencer", Next("word"), Constant(1)),

    // ---- accumulators and drain -----------------------------------------------------------------
    m("old sums are added to new tiles", "_accumulators", Next("old_word"), AlwaysOtherwise),
    m("partial sums are widened with zeros", "_accumulators", Next("sum_0"), WrongExtension),
    m("both banks are written", "_accumulators", WriteEnable("bank_0_words"), KeepLeft),
    m("sums are written to the next address", "_accumulators", WriteAddress("bank_1_words"), Early),
    m("a row block is complete with any sum", "_accumulators", Next("block_complete"), KeepLeft).at(1),
    m("the drain sees the other bank", "_accumulators", Next("drained_bank"), Invert),
    m("TLAST stands on every row", "_drain", Wire("last"), KeepRight),
    m("TLAST never comes", "_drain", Wire("last"), Stuck(0)),
    m("a row of C ends late", "_drain", Wire("row_end"), Constant(-1)),
    m("the last beat of a row is left out", "_drain", Next("last_beats"), Constant(-1)),
    m("words of the next job are drained with the last", "_drain", Next("words_left"), Stuck(1)),
    m("a bank is free before its last word has left", "_drain", Output("block_drained"), Other("block_done")),
    m("a failed job does not close its packet", "_drain", Next("packet_open"), Stuck(0)),
    m("a closed packet is closed again", "_drain", Next("packet_open"), Stuck(1)),
    m("the closing beat never comes", "_drain", Wire("close"), Stuck(0)),
    m("the closing beat is not zero", "_drain", Next("data"), AlwaysOtherwise),
    m("results go on after an abort", "_drain", Next("beats_left"), AlwaysOtherwise),
    m("48-bit results are widened with zeros", "_drain", Next("data"), WrongExtension),
    m("incomplete blocks are drained", "_drain", Wire("issue"), Constant(1)),
    m("the drain stays in one bank", "_drain", Next("bank"), Stuck(0)),
    m("panels are drained from the wrong words", "_drain", Next("panel_offset"), Constant(1)),
    m("a beat is lost when C stalls", "_drain", Wire("fires"), KeepLeft),

    // ---- registers, status and counters -----------------------------------------------------------
    m("a write does not wait for its data", "_registers", Wire("write_commit"), KeepLeft).at(1),
    m("interrupts cannot be cleared", "_registers", Next("interrupt_status_done"), KeepLeft).at(1),
    m("interrupts are never raised", "_registers", Next("interrupt_status_done"), KeepLeft),
    m("byte strobes are ignored", "_registers", Next("m_size"), AlwaysThen).at(1),
    m("write responses do not wait", "_registers", Next("write_response_valid"), KeepLeft),
    m("read data do not wait", "_registers", Next("read_valid"), KeepLeft),
    m("read data change while they wait", "_registers", Enable("read_data"), Stuck(1)),
    m("cycles are not counted anew", "", Next("cycles_count"), AlwaysOtherwise),
    m("cycles are counted twice", "", Next("cycles_count"), Constant(1)),
    m("a failed job ends before its results", "_job", Wire("units_idle"), KeepLeft),
    m("a failed job is not remembered", "", Next("last_failed"), AlwaysOtherwise).at(1),
    m("jobs that have ended are not counted", "", Next("jobs_ended_count"), AlwaysOtherwise).at(1),
    m("an error does not reach the sequencer", "", Wire("clear"), KeepRight),
    m("an abort does not reach the sequencer", "", Wire("clear"), KeepLeft),
];
