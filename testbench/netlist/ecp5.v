// ECP5 cells that Yosys has as black boxes only, after Lattice's documents: the sysMEM usage guide
// (FPGA-TN-02204) and the sysDSP usage guide (FPGA-TN-02205). What a netlist of a core does not use
// is not modelled; where it would matter, the simulation ends with a message.

`default_nettype none

// Block RAM: 2048 bytes of 9 bits, read and written as 1, 2 or 4 bytes, or as 4, 2 or 1 of the low
// 8 bits of a byte. With DATA_WIDTH_A = 36, port A writes 36 bits from DIB and DIA, and with
// DATA_WIDTH_B = 36, port B reads 36 bits to DOB and DOA.
module DP16KD (
    input wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
    DIA5, DIA4, DIA3, DIA2, DIA1, DIA0, ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5,
    ADA4, ADA3, ADA2, ADA1, ADA0, CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
    DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
    DIB5, DIB4, DIB3, DIB2, DIB1, DIB0, ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5,
    ADB4, ADB3, ADB2, ADB1, ADB0, CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
    DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18;
    parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG";
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
    parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000";
    parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB";
    parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "ENABLED", INIT_DATA = "STATIC";
    parameter WID = 0;
    parameter [319:0] INITVAL_00 = 320'd0, INITVAL_01 = 320'd0, INITVAL_02 = 320'd0, INITVAL_03 = 320'd0;
    parameter [319:0] INITVAL_04 = 320'd0, INITVAL_05 = 320'd0, INITVAL_06 = 320'd0, INITVAL_07 = 320'd0;
    parameter [319:0] INITVAL_08 = 320'd0, INITVAL_09 = 320'd0, INITVAL_0A = 320'd0, INITVAL_0B = 320'd0;
    parameter [319:0] INITVAL_0C = 320'd0, INITVAL_0D = 320'd0, INITVAL_0E = 320'd0, INITVAL_0F = 320'd0;
    parameter [319:0] INITVAL_10 = 320'd0, INITVAL_11 = 320'd0, INITVAL_12 = 320'd0, INITVAL_13 = 320'd0;
    parameter [319:0] INITVAL_14 = 320'd0, INITVAL_15 = 320'd0, INITVAL_16 = 320'd0, INITVAL_17 = 320'd0;
    parameter [319:0] INITVAL_18 = 320'd0, INITVAL_19 = 320'd0, INITVAL_1A = 320'd0, INITVAL_1B = 320'd0;
    parameter [319:0] INITVAL_1C = 320'd0, INITVAL_1D = 320'd0, INITVAL_1E = 320'd0, INITVAL_1F = 320'd0;
    parameter [319:0] INITVAL_20 = 320'd0, INITVAL_21 = 320'd0, INITVAL_22 = 320'd0, INITVAL_23 = 320'd0;
    parameter [319:0] INITVAL_24 = 320'd0, INITVAL_25 = 320'd0, INITVAL_26 = 320'd0, INITVAL_27 = 320'd0;
    parameter [319:0] INITVAL_28 = 320'd0, INITVAL_29 = 320'd0, INITVAL_2A = 320'd0, INITVAL_2B = 320'd0;
    parameter [319:0] INITVAL_2C = 320'd0, INITVAL_2D = 320'd0, INITVAL_2E = 320'd0, INITVAL_2F = 320'd0;
    parameter [319:0] INITVAL_30 = 320'd0, INITVAL_31 = 320'd0, INITVAL_32 = 320'd0, INITVAL_33 = 320'd0;
    parameter [319:0] INITVAL_34 = 320'd0, INITVAL_35 = 320'd0, INITVAL_36 = 320'd0, INITVAL_37 = 320'd0;
    parameter [319:0] INITVAL_38 = 320'd0, INITVAL_39 = 320'd0, INITVAL_3A = 320'd0, INITVAL_3B = 320'd0;
    parameter [319:0] INITVAL_3C = 320'd0, INITVAL_3D = 320'd0, INITVAL_3E = 320'd0, INITVAL_3F = 320'd0;

    // 18 bits of content stand in 20 of an INITVAL.
    localparam [20479:0] INIT = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
        INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32,
        INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B,
        INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
        INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D,
        INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
        INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F,
        INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
        INITVAL_00
    };
    wire [17:0] di_a = {
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
        DIA3, DIA2, DIA1, DIA0
    };
    wire [13:0] address_a = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [17:0] di_b = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
        DIB3, DIB2, DIB1, DIB0
    };
    wire [13:0] address_b = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };
    assign {
        DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
        DOA3, DOA2, DOA1, DOA0
    } = do_a;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
        DOB3, DOB2, DOB1, DOB0
    } = do_b;

    reg [8:0] bytes [0:2047];
    integer index;
    initial begin
        for (index = 0; index < 2048; index = index + 1)
            bytes[index] = INIT[20 * (index / 2) + 9 * (index % 2) +: 9];
        if (!known(DATA_WIDTH_A) || !known(DATA_WIDTH_B) || CSDECODE_A != "0b000" || CSDECODE_B != "0b000"
                || CLKAMUX != "CLKA" || CLKBMUX != "CLKB"
                || (DATA_WIDTH_B == 36 && REGMODE_A != REGMODE_B)) begin
            $display("%m: a DP16KD with these parameters is not modelled");
            $finish;
        end
    end

    always @(RSTA, RSTB) if (RESETMODE == "ASYNC" && (RSTA === 1'b1 || RSTB === 1'b1)) begin
        $display("%m: asynchronous resets of a DP16KD are not modelled");
        $finish;
    end

    function known(input integer width);
        known = width == 1 || width == 2 || width == 4 || width == 9 || width == 18 || width == 36;
    endfunction

    // The first byte of a word, where in it the word begins, and which bits are of the word. Words of
    // several bytes have a write enable for each at the low end of their address.
    function [10:0] first(input integer width, input [13:0] address);
        first = width == 36 ? {address[13:5], 2'b00}
            : width == 18 ? {address[13:4], 1'b0}
            : address[13:3];
    endfunction
    function [2:0] begins(input integer width, input [13:0] address);
        begins = width == 4 ? {address[2], 2'b00} : width == 2 ? {address[2:1], 1'b0}
            : width == 1 ? address[2:0] : 3'd0;
    endfunction
    function [35:0] written(input integer width, input [13:0] address);
        written = width == 36 ? {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}}
            : width == 18 ? {18'd0, {9{address[1]}}, {9{address[0]}}}
            : ((36'd1 << width) - 36'd1) << begins(width, address);
    endfunction
    wire selected_a = CEA && {CSA2, CSA1, CSA0} == 3'b000;
    wire selected_b = CEB && {CSB2, CSB1, CSB0} == 3'b000;
    wire [10:0] first_a = first(DATA_WIDTH_A, address_a);
    wire [10:0] first_b = first(DATA_WIDTH_B, address_b);
    wire [2:0] begins_a = begins(DATA_WIDTH_A, address_a);
    wire [2:0] begins_b = begins(DATA_WIDTH_B, address_b);
    wire [35:0] write_a = selected_a && WEA ? written(DATA_WIDTH_A, address_a) : 36'd0;
    wire [35:0] write_b = selected_b && WEB ? written(DATA_WIDTH_B, address_b) : 36'd0;
    wire [35:0] data_a = {di_b, di_a} << begins_a;
    wire [35:0] data_b = {18'd0, di_b} << begins_b;

    // A word of four bytes as it was before this edge; bits that the other port writes at this
    // edge may come out as anything.
    function [8:0] masked(input [8:0] old, input [8:0] mask, input [8:0] by);
        masked = (old & ~mask) | (by & mask);
    endfunction
    reg [35:0] word_a, word_b;
    reg [35:0] q_a = 36'd0, q_b = 36'd0;
    integer lane, other, lane_b, other_b;
    always @(posedge CLKA) begin
        if (selected_a) begin
            for (lane = 0; lane < 4; lane = lane + 1) begin
                word_a[9 * lane +: 9] = bytes[(first_a + lane) % 2048];
                for (other = 0; other < 4; other = other + 1)
                    if (first_b + other == first_a + lane && write_b[9 * other +: 9] != 9'd0)
                        word_a[9 * lane +: 9] =
                            masked(word_a[9 * lane +: 9], write_b[9 * other +: 9], 9'bx);
            end
            if (WRITEMODE_A == "WRITETHROUGH")
                word_a = (word_a & ~write_a) | (data_a & write_a);
            if (RSTA) q_a <= 36'd0;
            else if (!WEA || WRITEMODE_A != "NORMAL") q_a <= word_a >> begins_a;
        end else if (RSTA) q_a <= 36'd0;
        for (lane = 0; lane < 4; lane = lane + 1)
            if (write_a[9 * lane +: 9] != 9'd0)
                bytes[first_a + lane] <= masked(
                    bytes[first_a + lane], write_a[9 * lane +: 9], data_a[9 * lane +: 9]
                );
    end
    always @(posedge CLKB) begin
        if (selected_b) begin
            for (lane_b = 0; lane_b < 4; lane_b = lane_b + 1) begin
                word_b[9 * lane_b +: 9] = bytes[(first_b + lane_b) % 2048];
                for (other_b = 0; other_b < 4; other_b = other_b + 1)
                    if (first_a + other_b == first_b + lane_b && write_a[9 * other_b +: 9] != 9'd0)
                        word_b[9 * lane_b +: 9] =
                            masked(word_b[9 * lane_b +: 9], write_a[9 * other_b +: 9], 9'bx);
            end
            if (WRITEMODE_B == "WRITETHROUGH")
                word_b = (word_b & ~write_b) | (data_b & write_b);
            if (RSTB) q_b <= 36'd0;
            else if (!WEB || WRITEMODE_B != "NORMAL") q_b <= word_b >> begins_b;
        end else if (RSTB) q_b <= 36'd0;
        for (lane_b = 0; lane_b < 4; lane_b = lane_b + 1)
            if (write_b[9 * lane_b +: 9] != 9'd0)
                bytes[first_b + lane_b] <= masked(
                    bytes[first_b + lane_b], write_b[9 * lane_b +: 9], data_b[9 * lane_b +: 9]
                );
    end

    // With both ports as one, what port B read leaves through both. The output register of DOA takes
    // with OCEA, that of DOB with OCEB.
    wire as_one = DATA_WIDTH_B == 36;
    wire [17:0] low = as_one ? q_b[17:0] : q_a[17:0];
    wire [17:0] high = as_one ? q_b[35:18] : q_b[17:0];
    reg [17:0] taken_low = 18'd0, taken_high = 18'd0;
    always @(posedge CLKA) if (OCEA) taken_low <= low;
    always @(posedge CLKB) if (OCEB) taken_high <= high;
    wire [17:0] do_a = REGMODE_A == "OUTREG" ? taken_low : low;
    wire [17:0] do_b = REGMODE_B == "OUTREG" ? taken_high : high;
    always @(RSTA, RSTB) if ((REGMODE_A == "OUTREG" || REGMODE_B == "OUTREG") && (RSTA === 1'b1 || RSTB === 1'b1)) begin
        $display("%m: resets of the output register of a DP16KD are not modelled");
        $finish;
    end
endmodule

// Multiplier with registers before it, within it and behind it, each where its clock is named.
module MULT18X18D (
    input wire A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0, B17,
    B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0, C17, C16, C15, C14,
    C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0, SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    CLK3, CLK2, CLK1, CLK0, CE3, CE2, CE1, CE0, RST3, RST2, RST1, RST0, SRIA17, SRIA16, SRIA15,
    SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5, SRIA4, SRIA3, SRIA2,
    SRIA1, SRIA0, SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8,
    SRIB7, SRIB6, SRIB5, SRIB4, SRIB3, SRIB2, SRIB1, SRIB0,
    output wire SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8,
    SROA7, SROA6, SROA5, SROA4, SROA3, SROA2, SROA1, SROA0, SROB17, SROB16, SROB15, SROB14, SROB13,
    SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4, SROB3, SROB2, SROB1, SROB0,
    ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4,
    ROA3, ROA2, ROA1, ROA0, ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8,
    ROB7, ROB6, ROB5, ROB4, ROB3, ROB2, ROB1, ROB0, ROC17, ROC16, ROC15, ROC14, ROC13, ROC12,
    ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2, ROC1, ROC0, P35, P34, P33, P32,
    P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13,
    P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0, SIGNEDP
);
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0";
    parameter REG_INPUTC_CLK = "NONE", REG_INPUTC_CE = "CE0", REG_INPUTC_RST = "RST0";
    parameter REG_PIPELINE_CLK = "NONE", REG_PIPELINE_CE = "CE0", REG_PIPELINE_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0";
    parameter CLK0_DIV = "ENABLED", CLK1_DIV = "ENABLED", CLK2_DIV = "ENABLED", CLK3_DIV = "ENABLED";
    parameter HIGHSPEED_CLK = "NONE", GSR = "ENABLED", CAS_MATCH_REG = "FALSE";
    parameter SOURCEB_MODE = "B_SHIFT", MULT_BYPASS = "DISABLED", RESETMODE = "SYNC";

    // A, B and whether they are signed; the product is signed if one of them is.
    wire [18:0] a, b;
    ecp5_dsp_register #(19, REG_INPUTA_CLK, REG_INPUTA_CE, REG_INPUTA_RST, RESETMODE) input_a (
        {CLK3, CLK2, CLK1, CLK0}, {CE3, CE2, CE1, CE0}, {RST3, RST2, RST1, RST0},
        {SIGNEDA,
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0}, a
    );
    ecp5_dsp_register #(19, REG_INPUTB_CLK, REG_INPUTB_CE, REG_INPUTB_RST, RESETMODE) input_b (
        {CLK3, CLK2, CLK1, CLK0}, {CE3, CE2, CE1, CE0}, {RST3, RST2, RST1, RST0},
        {SIGNEDB,
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0}, b
    );
    wire [35:0] wide_a = {{18{a[18] && a[17]}}, a[17:0]};
    wire [35:0] wide_b = {{18{b[18] && b[17]}}, b[17:0]};
    wire [36:0] product = {a[18] || b[18], wide_a * wide_b};
    wire [36:0] piped, result;
    ecp5_dsp_register #(37, REG_PIPELINE_CLK, REG_PIPELINE_CE, REG_PIPELINE_RST, RESETMODE) pipeline (
        {CLK3, CLK2, CLK1, CLK0}, {CE3, CE2, CE1, CE0}, {RST3, RST2, RST1, RST0}, product, piped
    );
    ecp5_dsp_register #(37, REG_OUTPUT_CLK, REG_OUTPUT_CE, REG_OUTPUT_RST, RESETMODE) output_register (
        {CLK3, CLK2, CLK1, CLK0}, {CE3, CE2, CE1, CE0}, {RST3, RST2, RST1, RST0}, piped, result
    );
    assign {SIGNEDP,
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = result;

    initial if (MULT_BYPASS != "DISABLED" || CAS_MATCH_REG != "FALSE" || SOURCEB_MODE != "B_SHIFT") begin
        $display("%m: a MULT18X18D with these parameters is not modelled");
        $finish;
    end
    always @(SOURCEA, SOURCEB) if (SOURCEA === 1'b1 || SOURCEB === 1'b1) begin
        $display("%m: the shift inputs of a MULT18X18D are not modelled");
        $finish;
    end
endmodule

// A register of the DSP block, or a wire if it has no clock.
module ecp5_dsp_register #(
    parameter WIDTH = 1,
    parameter CLK = "NONE",
    parameter CE = "CE0",
    parameter RST = "RST0",
    parameter RESETMODE = "SYNC"
) (
    input wire [3:0] clocks, enables, resets,
    input wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    wire clock = CLK == "CLK3" ? clocks[3] : CLK == "CLK2" ? clocks[2]
        : CLK == "CLK1" ? clocks[1] : clocks[0];
    wire enable = CE == "CE3" ? enables[3] : CE == "CE2" ? enables[2]
        : CE == "CE1" ? enables[1] : enables[0];
    wire reset = RST == "RST3" ? resets[3] : RST == "RST2" ? resets[2]
        : RST == "RST1" ? resets[1] : resets[0];
    generate
        if (CLK == "NONE") begin : through
            assign q = d;
        end else if (RESETMODE == "ASYNC") begin : asynchronous
            reg [WIDTH-1:0] held = {WIDTH{1'b0}};
            always @(posedge clock or posedge reset)
                if (reset) held <= {WIDTH{1'b0}};
                else if (enable) held <= d;
            assign q = held;
        end else begin : synchronous
            reg [WIDTH-1:0] held = {WIDTH{1'b0}};
            always @(posedge clock)
                if (reset) held <= {WIDTH{1'b0}};
                else if (enable) held <= d;
            assign q = held;
        end
    endgenerate
endmodule

`default_nettype wire
