//! The memory in a test bench, and the stream of events beside it.

use super::{bits_of, contents};
use crate::device::Interface;
use crate::device::pack::BeatWords;
use crate::product::ExampleMemory;
use crate::report::flows::template::fill;

/// The memory of an example, behind a port of the core. Each method gives its lines for one place of the
/// template.
pub(super) struct Dram {
    memory: ExampleMemory,
    id_bits: u32,
    address_bits: u32,
    event_bits: u32,
}

/// When results are cleared, before a program writes them.
pub(super) const LAUNCH: &str = "    wire launch = action == START && aresetn && !waiting;
";

/// A beat is taken.
pub(super) const MOVES: &str = "(m_axi_rvalid && m_axi_rready) || (m_axi_wvalid && m_axi_wready)";

const PORTS: &str = "    wire [@id_msb@:0]  m_axi_awid;
    wire [@address_msb@:0] m_axi_awaddr;
    wire [7:0]  m_axi_awlen;
    wire [2:0]  m_axi_awsize;
    wire [1:0]  m_axi_awburst;
    wire        m_axi_awvalid;
    wire        m_axi_awready;
    wire [@width@-1:0] m_axi_wdata;
    wire [@bytes@-1:0] m_axi_wstrb;
    wire        m_axi_wlast;
    wire        m_axi_wvalid;
    wire        m_axi_wready;
    reg  [@id_msb@:0]  m_axi_bid = 0;
    reg  [1:0]  m_axi_bresp = OKAY;
    reg         m_axi_bvalid = 1'b0;
    wire        m_axi_bready;
    wire [@id_msb@:0]  m_axi_arid;
    wire [@address_msb@:0] m_axi_araddr;
    wire [7:0]  m_axi_arlen;
    wire [2:0]  m_axi_arsize;
    wire [1:0]  m_axi_arburst;
    wire        m_axi_arvalid;
    wire        m_axi_arready;
    reg  [@id_msb@:0]  m_axi_rid = 0;
    reg  [@width@-1:0] m_axi_rdata = 0;
    reg  [1:0]  m_axi_rresp = OKAY;
    reg         m_axi_rlast = 1'b0;
    reg         m_axi_rvalid = 1'b0;
    wire        m_axi_rready;
    wire [@event_msb@:0] m_axis_events_tdata;
    wire        m_axis_events_tvalid;
";

/// The signals of the port.
const SIGNALS: [&str; 29] = [
    "awid", "awaddr", "awlen", "awsize", "awburst", "awvalid", "awready", "wdata", "wstrb",
    "wlast", "wvalid", "wready", "bid", "bresp", "bvalid", "bready", "arid", "araddr", "arlen",
    "arsize", "arburst", "arvalid", "arready", "rid", "rdata", "rresp", "rlast", "rvalid",
    "rready",
];

const PROCESSES: &str = "
    // A burst at a time is read, and one is written. What is no burst of whole beats, or leaves DRAM,
    // is answered with an error, and so is a beat written elsewhere than among the results.
    wire [@address_msb@:0] read_address = (m_axi_araddr >> @shift@) - BASE;
    wire [@address_msb@:0] write_address = (m_axi_awaddr >> @shift@) - BASE;

    // What is offered, and was in the cycle before.
    reg  read_seen = 1'b0, write_seen = 1'b0, data_seen = 1'b0;
    always @(posedge aclk) begin
        read_seen <= m_axi_arvalid && !m_axi_arready;
        write_seen <= m_axi_awvalid && !m_axi_awready;
        data_seen <= m_axi_wvalid && !m_axi_wready;
    end

    // What is offered stays until it is taken, and no burst crosses 4 KiB.
    reg  ar_waits = 1'b0, aw_waits = 1'b0, w_waits = 1'b0;
    reg  [@address_msb@+8:0] ar_held = 0, aw_held = 0;
    reg  [@width@+@bytes@:0] w_held = 0;
    wire [@address_msb@+8:0] ar_offered = {m_axi_araddr, m_axi_arlen};
    wire [@address_msb@+8:0] aw_offered = {m_axi_awaddr, m_axi_awlen};
    wire [@width@+@bytes@:0] w_offered = {m_axi_wdata, m_axi_wstrb, m_axi_wlast};
    wire [16:0] read_end = {5'd0, m_axi_araddr[11:0]} + ({9'd0, m_axi_arlen} + 17'd1 << @shift@);
    wire [16:0] write_end = {5'd0, m_axi_awaddr[11:0]} + ({9'd0, m_axi_awlen} + 17'd1 << @shift@);
    always @(posedge aclk) begin
        ar_waits <= aresetn && m_axi_arvalid && !m_axi_arready;
        aw_waits <= aresetn && m_axi_awvalid && !m_axi_awready;
        w_waits <= aresetn && m_axi_wvalid && !m_axi_wready;
        ar_held <= ar_offered;
        aw_held <= aw_offered;
        w_held <= w_offered;
        if (aresetn && ((ar_waits && {m_axi_arvalid, ar_offered} !== {1'b1, ar_held})
                || (aw_waits && {m_axi_awvalid, aw_offered} !== {1'b1, aw_held})
                || (w_waits && {m_axi_wvalid, w_offered} !== {1'b1, w_held}))) begin
            $display(\"FAIL: what DRAM is asked for changes before it is taken\");
            wrong_bursts <= wrong_bursts + 32'd1;
        end
        if (aresetn && ((m_axi_arvalid && read_end > 17'd4096) || (m_axi_awvalid && write_end > 17'd4096))) begin
            $display(\"FAIL: a burst crosses 4 KiB\");
            wrong_bursts <= wrong_bursts + 32'd1;
        end
    end

    reg                    reading = 1'b0;
    reg                    read_is_good = 1'b0;
    reg  [BEAT_BITS-1:0]   read_beat = 0;
    reg  [7:0]             read_left = 8'd0;
    assign m_axi_arready = !reading && !pause_ar && !hold && (!after_valid || read_seen);

    always @(posedge aclk) begin
        if (m_axi_arvalid && m_axi_arready) begin
            reading <= 1'b1;
            read_is_good <= m_axi_arsize == 3'd@shift@ && m_axi_arburst == 2'b01
                && read_address + {@wide@'d0, m_axi_arlen} < 1 << BEAT_BITS;
            read_beat <= read_address[BEAT_BITS-1:0];
            read_left <= m_axi_arlen;
            m_axi_rid <= m_axi_arid;
        end
        if (!m_axi_rvalid || m_axi_rready) begin
            m_axi_rvalid <= reading && !pause_r && !hold;
            if (reading && !pause_r && !hold) begin
                m_axi_rdata <= dram[read_beat];
                m_axi_rresp <= read_is_good ? OKAY : SLVERR;
                m_axi_rlast <= read_left == 8'd0;
                reading <= read_left != 8'd0;
                read_beat <= read_beat + 1'b1;
                read_left <= read_left - 8'd1;
            end
        end
        if (!aresetn) begin
            reading <= 1'b0;
            m_axi_rvalid <= 1'b0;
        end
    end

    reg                    writing = 1'b0;
    reg  [BEAT_BITS-1:0]   write_beat = 0;
    reg  [7:0]             write_left = 8'd0;
    reg  [BEAT_BITS-1:0]   cleared = END_OF_RESULTS;
    wire                   is_clear = cleared == END_OF_RESULTS;
    wire [@width@-1:0] strobes = {@strobes@};
    assign m_axi_awready = !writing && !m_axi_bvalid && is_clear && !pause_aw && (!after_valid || write_seen);
    assign m_axi_wready = writing && !pause_w && !hold && (!after_valid || data_seen);

    always @(posedge aclk) begin
        if (launch) cleared <= FIRST_RESULT;
        else if (!is_clear) begin
            cleared <= cleared + 1'b1;
            dram[cleared] <= 0;
        end
        if (m_axi_awvalid && m_axi_awready) begin
            writing <= 1'b1;
            write_beat <= write_address[BEAT_BITS-1:0];
            write_left <= m_axi_awlen;
            m_axi_bid <= m_axi_awid;
            m_axi_bresp <= m_axi_awsize == 3'd@shift@ && m_axi_awburst == 2'b01
                && write_address < {@high_bits@'d0, END_OF_RESULTS} ? OKAY : SLVERR;
        end
        if (m_axi_wvalid && m_axi_wready) begin
            dram[write_beat] <= (dram[write_beat] & ~strobes) | (m_axi_wdata & strobes);
            if (write_beat < FIRST_RESULT || write_beat >= END_OF_RESULTS
                    || m_axi_wlast != (write_left == 8'd0)) m_axi_bresp <= SLVERR;
            write_beat <= write_beat + 1'b1;
            write_left <= write_left - 8'd1;
            writing <= !m_axi_wlast;
            m_axi_bvalid <= m_axi_wlast;
        end
        if (m_axi_bvalid && m_axi_bready) m_axi_bvalid <= 1'b0;
        if (!aresetn) begin
            writing <= 1'b0;
            m_axi_bvalid <= 1'b0;
        end
    end

    always @(posedge aclk)
        if (launch) seen <= 0;
        else if (m_axis_events_tvalid) seen <= seen | m_axis_events_tdata;

    // Cycles in which units are at work, and beats: what the core must count, too.
    reg  [@event_msb@:0] at_work = 0;
    wire [@event_msb@:0] works = m_axis_events_tvalid ? m_axis_events_tdata : at_work;
    integer kind;
    always @(posedge aclk) begin
        at_work <= aresetn ? works : 0;
        for (kind = 0; kind < 16; kind = kind + 1)
            counted[kind] <= launch ? 32'd0 : counted[kind] + {31'd0, works[kind]};
        counted[16] <= launch ? 32'd0 : counted[16] + {31'd0, m_axi_rvalid && m_axi_rready};
        counted[17] <= launch ? 32'd0 : counted[17] + {31'd0, m_axi_wvalid && m_axi_wready};
    end

    // A beat of the results is compared in each cycle.
    wire [RESULT_BITS-1:0] result_index =
        data[RESULT_BITS-1:0] * RESULTS + {@result_pad@result_beat - FIRST_RESULT};
    wire [@width@-1:0] expected = results[result_index];
    always @(posedge aclk)
        if (action != COMPARE) result_beat <= FIRST_RESULT;
        else if (!compared) begin
            result_beat <= result_beat + 1'b1;
            if (dram[result_beat] !== expected) begin
                $display(\"FAIL: step %0d, beat %0d of DRAM is %h, expected %h\", step, result_beat,
                    dram[result_beat], expected);
                wrong_beats <= wrong_beats + 32'd1;
            end
        end
";

impl Dram {
    /// The memory behind the port `m_axi` of a core.
    pub fn new(memory: &ExampleMemory, interface: &Interface) -> Dram {
        let width = |name: &str| {
            let port = interface.ports.iter().find(|port| port.name == name);
            port.map_or(1, |port| port.width)
        };
        Dram {
            memory: memory.clone(),
            id_bits: width("m_axi_awid"),
            address_bits: width("m_axi_awaddr"),
            event_bits: width("m_axis_events_tdata"),
        }
    }

    /// Beats of the results of a kind.
    fn results(&self) -> usize {
        self.memory.results.first().map_or(0, Vec::len)
    }

    /// The beat behind the last one.
    fn end(&self) -> usize {
        self.memory.first_result + self.results()
    }

    /// Bits of the number of a beat: one more beat than there are has a number.
    fn beat_bits(&self) -> u32 {
        bits_of(self.end())
    }

    /// Bits of the number of a beat of all results.
    fn result_bits(&self) -> u32 {
        bits_of(self.results() * self.memory.results.len()).max(self.beat_bits())
    }

    pub fn counts(&self) -> String {
        let (bits, result_bits) = (self.beat_bits(), self.result_bits());
        let (first, end, results) = (self.memory.first_result, self.end(), self.results());
        let address_bits = self.address_bits;
        let base = self.memory.base / u64::from(self.memory.width / 8);
        format!(
            "    localparam BEAT_BITS = {bits};
    localparam [{address_bits}-1:0] BASE = {address_bits}'d{base};  // of DRAM, in beats
    localparam [BEAT_BITS-1:0] FIRST_RESULT = {bits}'d{first};
    localparam [BEAT_BITS-1:0] END_OF_RESULTS = {bits}'d{end};
    localparam RESULT_BITS = {result_bits};
    localparam [RESULT_BITS-1:0] RESULTS = {result_bits}'d{results};  // of a kind
    localparam [1:0] OKAY = 2'b00;
    localparam [1:0] SLVERR = 2'b10;
"
        )
    }

    pub fn ports(&self) -> String {
        let width = self.memory.width;
        fill(
            PORTS,
            &[
                ("id_msb", &(self.id_bits - 1).to_string()),
                ("address_msb", &(self.address_bits - 1).to_string()),
                ("width", &width.to_string()),
                ("bytes", &(width / 8).to_string()),
                ("event_msb", &(self.event_bits - 1).to_string()),
            ],
        )
    }

    pub fn connections(&self) -> String {
        let events = ["tdata", "tvalid"].map(|signal| format!("m_axis_events_{signal}"));
        let memory = SIGNALS.map(|signal| format!("m_axi_{signal}"));
        let connection = |port| format!("        .{port}({port}),\n");
        memory.into_iter().chain(events).map(connection).collect()
    }

    pub fn registers(&self) -> String {
        "    reg  [BEAT_BITS-1:0] result_beat = FIRST_RESULT;
    wire       compared = result_beat == END_OF_RESULTS;
"
        .to_owned()
            + &format!(
                "    reg  [{}:0] seen = 0;  // what units have done\n    reg  [31:0] counted [0:17];\n    reg  [31:0] wrong_bursts = 32'd0;\n    wire [31:0] own_count = counted[data[4:0]];\n",
                self.event_bits - 1
            )
    }

    /// A unit that has instructions has not taken one, or was never at work.
    pub fn unseen(&self) -> String {
        let (bits, events) = (self.event_bits, self.memory.events);
        format!("compared && data == 32'd0 && (~seen & {bits}'d{events}) != 0")
    }

    pub fn counted(&self) -> String {
        "    localparam [4:0] COUNTED = 5'd23;     // as many as the bench has counted\n".to_owned()
    }

    pub fn counted_case(&self) -> String {
        "            COUNTED: wrong = s_axil_rdata !== own_count;\n".to_owned()
    }

    pub fn pauses(&self) -> String {
        let pause = |(channel, low): (&str, u32)| {
            let high = low + 1;
            format!("    wire pause_{channel} = pauses && random[{high}:{low}] == 2'b00;\n")
        };
        [("ar", 0), ("r", 5), ("aw", 10), ("w", 3)]
            .map(pause)
            .concat()
    }

    pub fn memories(&self) -> String {
        let width = self.memory.width;
        let memory = |(name, bits)| format!("    reg [{width}-1:0] {name} [0:(1 << {bits})-1];\n");
        let memories = [("dram", "BEAT_BITS"), ("results", "RESULT_BITS")];
        memories.map(memory).concat() + "    integer beat;\n"
    }

    pub fn processes(&self) -> String {
        let width = self.memory.width;
        let strobes: Vec<String> = (0..width / 8)
            .rev()
            .map(|byte| format!("{{8{{m_axi_wstrb[{byte}]}}}}"))
            .collect();
        let address_bits = self.address_bits;
        fill(
            PROCESSES,
            &[
                ("address_msb", &(address_bits - 1).to_string()),
                ("bytes", &(width / 8).to_string()),
                ("wide", &(address_bits - 8).to_string()),
                ("high_bits", &(address_bits - self.beat_bits()).to_string()),
                ("event_msb", &(self.event_bits - 1).to_string()),
                ("result_pad", &self.result_pad()),
                ("shift", &(width / 8).ilog2().to_string()),
                ("width", &width.to_string()),
                ("strobes", &strobes.join(", ")),
            ],
        )
    }

    /// Zeros above the number of a beat.
    fn result_pad(&self) -> String {
        match self.result_bits() - self.beat_bits() {
            0 => String::new(),
            more => format!("{more}'d0, "),
        }
    }

    /// Zeros, and the beats in their places.
    pub fn contents(&self) -> String {
        let ExampleMemory {
            width,
            beats,
            repeated,
            results,
            ..
        } = &self.memory;
        let mut text =
            "        for (beat = 0; beat < 1 << BEAT_BITS; beat = beat + 1) dram[beat] = 0;
        for (beat = 0; beat < 1 << RESULT_BITS; beat = beat + 1) results[beat] = 0;
        for (beat = 0; beat < 18; beat = beat + 1) counted[beat] = 0;
"
            .to_owned();
        let mut add = |memory, first, beats: &[BeatWords]| {
            // What is zero is there.
            let places = (first..).zip(beats);
            let other = places.filter(|(_, beat)| beat.iter().any(|word| *word != 0));
            for (place, beat) in other {
                text += &contents(memory, *width, place, std::slice::from_ref(beat));
            }
        };
        match repeated {
            None => add("dram", 0, beats),
            Some((like, times)) => {
                add("dram", 0, &beats[..like.end]);
                let behind = like.start + like.len() * times;
                add("dram", behind, &beats[behind..]);
            }
        }
        for (kind, of_kind) in results.iter().enumerate() {
            add("results", kind * self.results(), of_kind);
        }
        if let Some((like, times)) = repeated {
            let (first, count) = (like.start, like.len());
            let end = first + count * times;
            text += &format!(
                "        for (beat = {}; beat < {end}; beat = beat + 1) dram[beat] = dram[beat - {count}];\n",
                first + count
            );
        }
        text
    }
}
