//! The streams in a test bench.

use super::{bits_of, contents};
use crate::product::Transfer;
use crate::report::flows::template::fill;
use std::fmt::Write;

/// The transfers of an example. Each method gives its lines for one place of the template.
pub(super) struct Streams<'a>(pub &'a [Transfer]);

/// Where in the bits of the random register a stream finds the two that let it pause.
const PAUSE_BITS: [u32; 6] = [0, 5, 10, 3, 8, 13];

/// When what was offered, and not taken, goes.
pub(super) const DROP: &str =
    "    wire drop = (action == ABORT && answered) || action == RESET || skips || (rewinds && mask != 32'd0);
";

const OPERAND_PORTS: &str = "    reg  [@width@-1:0] @port@_tdata = 0;
    reg         @port@_tlast = 1'b0;
    reg         @port@_tvalid = 1'b0;
    wire        @port@_tready;
";

const RESULT_PORTS: &str = "    wire [@width@-1:0] @port@_tdata;
    wire        @port@_tlast;
    wire        @port@_tvalid;
    reg         @port@_tready = 1'b0;
";

/// Where a stream is: in which packet, at which of its beats, and at which beat of the table.
const PLACE: &str = "
    reg  [7:0]            @name@_packet = 8'd0;
    reg  [@upper@_BITS-1:0]  @name@_first, @name@_period;  // where the beats of the packet are in the table
    reg  [@upper@_COUNT-1:0] @name@_count;            // how many it has: they begin anew
    reg                   @name@_ends;             // TLAST is on the last one
    reg  [@upper@_BITS-1:0]  @name@_phase = 0;
    reg  [@upper@_COUNT-1:0] @name@_beat = 0;
    wire @name@_is_last = @name@_beat == @name@_count - 1'b1;
    wire [@upper@_BITS-1:0]  @name@_next_phase =
        @name@_is_last || @name@_phase == @name@_period - 1'b1 ? 0 : @name@_phase + 1'b1;
    wire [@upper@_BITS-1:0]  @name@_index = @name@_first + @name@_phase;

    always @(*)
        case (@name@_packet)
@packets@        endcase
";

const OPERAND_PROCESS: &str = "
    wire @name@_goes = @name@_packet != offered && @name@_count != 0 && !pause_@name@;

    always @(posedge aclk)
        if (drop) begin
            @port@_tvalid <= 1'b0;
            @name@_packet <= next_packet;
            @name@_phase <= 0;
            @name@_beat <= 0;
        end else begin
            if (!@port@_tvalid || @port@_tready) begin
                @port@_tvalid <= @name@_goes;
                @port@_tdata <= @name@_beats[@name@_index];
                @port@_tlast <= @name@_is_last && @name@_ends;
                if (@name@_goes) begin
                    @name@_phase <= @name@_next_phase;
                    @name@_beat <= @name@_is_last ? 0 : @name@_beat + 1'b1;
                    @name@_packet <= @name@_packet + {7'd0, @name@_is_last};
                end
            end
            if (@name@_packet != offered && @name@_count == 0) @name@_packet <= @name@_packet + 8'd1;
        end
";

const RESULT_PROCESS: &str = "
    wire @name@_taken = @port@_tvalid && @port@_tready;
    reg  @name@_waits = 1'b0;  // what is offered stays until it is taken
    reg  [@width@:0] @name@_held = 0;
    wire @name@_is_right = @port@_tdata === @name@_beats[@name@_index]
        && @port@_tlast === (@name@_is_last && @name@_ends) && @name@_packet != offered;

    always @(posedge aclk) begin
        @port@_tready <= !hold && (!after_valid ? !pause_@name@ : @port@_tvalid && !@port@_tready);
        @name@_waits <= @port@_tvalid && !@port@_tready && !drop && aresetn;
        @name@_held <= {@port@_tlast, @port@_tdata};
        if (aresetn && @port@_tvalid !== 1'b0 && @port@_tvalid !== 1'b1) wrong_beats <= wrong_beats + 32'd1;
        if (@name@_waits && !drop && !(action == ABORT && waiting) && !(@port@_tvalid === 1'b1 && {@port@_tlast, @port@_tdata} === @name@_held)) begin
            $display(\"FAIL: a beat of @upper@ changes before it is taken\");
            wrong_beats <= wrong_beats + 32'd1;
        end
        if (drop) begin
            @name@_packet <= next_packet;
            @name@_phase <= 0;
            @name@_beat <= 0;
        end else if (@name@_taken) begin
            if (!@name@_is_right) begin
                $display(\"FAIL: beat %0d of packet %0d of @upper@ is %h, TLAST %b; expected %h, TLAST %b\", @name@_beat,
                    @name@_packet, @port@_tdata, @port@_tlast, @name@_beats[@name@_index], @name@_is_last && @name@_ends);
                wrong_beats <= wrong_beats + 32'd1;
            end
            @name@_phase <= @name@_next_phase;
            @name@_beat <= @name@_is_last ? 0 : @name@_beat + 1'b1;
            @name@_packet <= @name@_packet + {7'd0, @name@_is_last};
        end else if (@name@_packet != offered && @name@_count == 0)
            @name@_packet <= @name@_packet + 8'd1;
    end
";

impl Transfer {
    fn upper(&self) -> String {
        self.name.to_ascii_uppercase()
    }

    /// Beats of the table.
    fn beats(&self) -> usize {
        self.packets.iter().map(|packet| packet.beats.len()).sum()
    }

    /// Bits of a place in the table, and of a number of beats.
    fn bits(&self) -> [u32; 2] {
        let most = self.packets.iter().map(|packet| packet.count).max();
        [bits_of(self.beats()), bits_of(most.unwrap_or(0))]
    }

    /// What each packet is: a line of a `case`.
    fn lines(&self) -> String {
        let mut text = String::new();
        let (name, [bits, count_bits]) = (self.name, self.bits());
        let mut first = 0;
        let values = format!("{{{name}_first, {name}_period, {name}_count, {name}_ends}}");
        for (number, packet) in self.packets.iter().enumerate() {
            let (period, count, ends) = (packet.beats.len(), packet.count, u8::from(packet.ends));
            writeln!(
                text,
                "            8'd{number}: {values} = {{{bits}'d{first}, {bits}'d{period}, {count_bits}'d{count}, 1'b{ends}}};"
            )
            .expect("a String takes everything");
            first += period;
        }
        text + &format!("            default: {values} = 0;\n")
    }
}

impl Streams<'_> {
    fn each(&self, line: impl FnMut(&Transfer) -> String) -> String {
        self.0.iter().map(line).collect()
    }

    fn of(&self, is_result: bool) -> impl Iterator<Item = &Transfer> {
        let transfers = self.0.iter();
        transfers.filter(move |transfer| transfer.is_result == is_result)
    }

    pub fn counts(&self) -> String {
        self.each(|transfer| {
            let (upper, [bits, count]) = (transfer.upper(), transfer.bits());
            format!(
                "    localparam {upper}_BITS = {bits};   // of a place in the table of {upper}\n    \
                 localparam {upper}_COUNT = {count};  // of a number of its beats\n"
            )
        })
    }

    pub fn ports(&self) -> String {
        self.each(|transfer| {
            let template = match transfer.is_result {
                true => RESULT_PORTS,
                false => OPERAND_PORTS,
            };
            let width = transfer.width.to_string();
            fill(template, &[("width", &width), ("port", transfer.prefix)])
        })
    }

    pub fn connections(&self) -> String {
        self.each(|transfer| {
            ["tdata", "tlast", "tvalid", "tready"]
                .map(|port| format!("        .{0}_{port}({0}_{port}),\n", transfer.prefix))
                .concat()
        })
    }

    pub fn sent(&self) -> String {
        let sent = |transfer: &Transfer| {
            let Transfer { name, prefix, .. } = transfer;
            format!(" && {name}_packet == offered && !{prefix}_tvalid")
        };
        self.of(false).map(sent).collect()
    }

    /// A beat is taken.
    pub fn moves(&self) -> String {
        let moves =
            |Transfer { prefix, .. }: &Transfer| format!("({prefix}_tvalid && {prefix}_tready)");
        self.0.iter().map(moves).collect::<Vec<_>>().join(" || ")
    }

    /// A packet is not whole.
    pub fn missing(&self) -> String {
        let missing = |transfer: &Transfer| {
            let name = transfer.name;
            format!(" || {name}_packet != offered || {name}_beat != 0")
        };
        self.of(true).map(missing).collect()
    }

    pub fn beats_text(&self) -> String {
        let text = |transfer: &Transfer| format!(", %0d packets of {}", transfer.upper());
        self.of(true).map(text).collect()
    }

    pub fn beats_values(&self) -> String {
        let values = |transfer: &Transfer| format!(", {}_packet", transfer.name);
        self.of(true).map(values).collect()
    }

    pub fn results(&self) -> String {
        let names: Vec<String> = self.of(true).map(Transfer::upper).collect();
        names.join(" and ")
    }

    pub fn title(&self) -> String {
        let names: Vec<String> = self.0.iter().map(Transfer::upper).collect();
        let names = match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        };
        format!("streams: {names}")
    }

    pub fn pauses(&self) -> String {
        let bits = PAUSE_BITS.iter().cycle();
        let pause = |(transfer, low): (&Transfer, &u32)| {
            let (name, high) = (transfer.name, low + 1);
            format!("    wire pause_{name} = pauses && random[{high}:{low}] == 2'b00;\n")
        };
        self.0.iter().zip(bits).map(pause).collect()
    }

    pub fn memories(&self) -> String {
        self.each(|transfer| {
            let Transfer { name, width, .. } = transfer;
            let upper = transfer.upper();
            format!("    reg [{width}-1:0] {name}_beats [0:(1 << {upper}_BITS)-1];\n")
        })
    }

    pub fn processes(&self) -> String {
        self.each(|transfer| {
            let (name, upper) = (transfer.name, transfer.upper());
            let place = fill(
                PLACE,
                &[
                    ("name", name),
                    ("upper", &upper),
                    ("packets", &transfer.lines()),
                ],
            );
            let (port, width) = (transfer.prefix, transfer.width.to_string());
            let both = [("port", port), ("name", name)];
            let of_result = [
                ("port", port),
                ("name", name),
                ("upper", &upper),
                ("width", &width),
            ];
            place
                + &match transfer.is_result {
                    true => fill(RESULT_PROCESS, &of_result),
                    false => fill(OPERAND_PROCESS, &both),
                }
        })
    }

    pub fn contents(&self) -> String {
        self.each(|transfer| {
            let Transfer {
                name,
                width,
                packets,
                ..
            } = transfer;
            let beats = packets.iter().flat_map(|packet| &packet.beats);
            let beats = Vec::from_iter(beats.cloned());
            contents(&format!("{name}_beats"), *width, 0, &beats)
        })
    }
}
