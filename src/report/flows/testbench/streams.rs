//! The streams in a test bench.

use super::contents;
use crate::product::Transfer;
use crate::report::flows::template::fill;

/// The transfers of an example. Each method gives its lines for one place of the template.
pub(super) struct Streams<'a>(pub &'a [Transfer]);

/// Where in the bits of the random register a stream finds the two that let it pause.
const PAUSE_BITS: [u32; 6] = [0, 5, 10, 3, 8, 13];

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

const OPERAND_PROCESS: &str = "
    always @(posedge aclk)
        if (launch) @name@_index <= 0;
        else if (!@port@_tvalid || @port@_tready) begin
            @port@_tvalid <= @name@_index != @upper@_BEATS && !pause_@name@;
            @port@_tdata <= @name@_beats[@name@_index];
            @port@_tlast <= @name@_index == @upper@_BEATS - 1'b1;
            if (@name@_index != @upper@_BEATS && !pause_@name@) @name@_index <= @name@_index + 1'b1;
        end
";

const RESULT_PROCESS: &str = "
    always @(posedge aclk) begin
        @port@_tready <= !pause_@name@;
        if (launch) @name@_index <= 0;
        else if (@port@_tvalid && @port@_tready) begin
            @name@_index <= @name@_index + 1'b1;
            if (@port@_tdata !== @name@_beats[@name@_index] || @port@_tlast !== (@name@_index == @upper@_BEATS - 1'b1)) begin
                $display(\"beat %0d of @upper@ is %h, TLAST %b; expected %h, TLAST %b\", @name@_index,
                    @port@_tdata, @port@_tlast, @name@_beats[@name@_index], @name@_index == @upper@_BEATS - 1'b1);
                wrong_beats <= wrong_beats + 32'd1;
            end
        end
    end
";

impl Transfer {
    fn upper(&self) -> String {
        self.name.to_ascii_uppercase()
    }

    /// Bits of an index that may pass the last beat.
    fn index_bits(&self) -> u32 {
        usize::BITS - self.beats.len().leading_zeros()
    }
}

impl Streams<'_> {
    fn lines(&self, line: impl FnMut(&Transfer) -> String) -> String {
        self.0.iter().map(line).collect()
    }

    fn operands(&self) -> impl Iterator<Item = &Transfer> {
        self.0.iter().filter(|transfer| !transfer.is_result)
    }

    fn all_results(&self) -> impl Iterator<Item = &Transfer> {
        self.0.iter().filter(|transfer| transfer.is_result)
    }

    pub fn counts(&self) -> String {
        self.lines(|transfer| {
            let (upper, bits) = (transfer.upper(), transfer.index_bits());
            let (msb, count) = (bits - 1, transfer.beats.len());
            format!("    localparam [{msb}:0] {upper}_BEATS = {bits}'d{count};\n")
        })
    }

    pub fn ports(&self) -> String {
        self.lines(|transfer| {
            let template = match transfer.is_result {
                true => RESULT_PORTS,
                false => OPERAND_PORTS,
            };
            let width = transfer.width.to_string();
            fill(template, &[("width", &width), ("port", transfer.prefix)])
        })
    }

    pub fn connections(&self) -> String {
        self.lines(|transfer| {
            ["tdata", "tlast", "tvalid", "tready"]
                .map(|port| format!("        .{0}_{port}({0}_{port}),\n", transfer.prefix))
                .concat()
        })
    }

    pub fn result_indices(&self) -> String {
        let index = |transfer: &Transfer| {
            let (name, msb) = (transfer.name, transfer.index_bits() - 1);
            format!("    reg [{msb}:0] {name}_index = 0;\n")
        };
        self.all_results().map(index).collect()
    }

    pub fn operand_indices(&self) -> String {
        let index = |transfer: &Transfer| {
            let (name, msb) = (transfer.name, transfer.index_bits() - 1);
            format!(
                "    reg [{msb}:0] {name}_index = {}_BEATS;\n",
                transfer.upper()
            )
        };
        self.operands().map(index).collect()
    }

    pub fn missing_beats(&self) -> String {
        let missing = |transfer: &Transfer| {
            format!(" || {}_index != {}_BEATS", transfer.name, transfer.upper())
        };
        self.all_results().map(missing).collect()
    }

    pub fn beats_text(&self) -> String {
        let text = |transfer: &Transfer| format!(", %0d of %0d beats of {}", transfer.upper());
        self.all_results().map(text).collect()
    }

    pub fn beats_values(&self) -> String {
        let values =
            |transfer: &Transfer| format!(", {}_index, {}_BEATS", transfer.name, transfer.upper());
        self.all_results().map(values).collect()
    }

    pub fn results(&self) -> String {
        let names: Vec<String> = self.all_results().map(Transfer::upper).collect();
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
            format!("    wire pause_{name} = second_job && random[{high}:{low}] == 2'b00;\n")
        };
        self.0.iter().zip(bits).map(pause).collect()
    }

    pub fn memories(&self) -> String {
        self.lines(|transfer| {
            let Transfer { name, width, .. } = transfer;
            let count = transfer.beats.len();
            format!("    reg [{width}-1:0] {name}_beats [0:{count}];\n")
        })
    }

    pub fn processes(&self) -> String {
        self.lines(|transfer| {
            let template = match transfer.is_result {
                true => RESULT_PROCESS,
                false => OPERAND_PROCESS,
            };
            let values = [
                ("port", transfer.prefix),
                ("name", transfer.name),
                ("upper", &transfer.upper()),
            ];
            fill(template, &values)
        })
    }

    /// The beats, and behind the last of each stream one of zeros.
    pub fn contents(&self) -> String {
        self.lines(|transfer| {
            let Transfer {
                name, width, beats, ..
            } = transfer;
            let end = vec![0; beats.first().map_or(1, Vec::len)];
            let all = [&beats[..], &[end]].concat();
            contents(&format!("{name}_beats"), *width, 0, &all)
        })
    }
}
