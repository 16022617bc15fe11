// Block RAM of the 7-series, which Yosys has as black boxes only, after the user guide of Xilinx
// (UG473): with one port that reads and one that writes, each with both halves of a word (SDP: A
// reads, B writes) or with words of up to one half (TDP: A writes, B reads). The simulation ends with
// a message where a port is used in another way. Neither contents at the start nor resets are
// modelled: memories of cores have none.

`default_nettype none

// Words of bytes, or of one part of a byte, with a parity bit each, which are written by themselves. A
// word that is read while it is written is the old one.
module sdp_ram #(
    parameter BYTES = 4,
    parameter BITS = 8,
    parameter ADDRESS_BITS = 9
) (
    input wire read_clock, read,
    input wire [ADDRESS_BITS-1:0] read_address,
    output reg [BITS*BYTES-1:0] read_data,
    output reg [BYTES-1:0] read_parity,
    input wire write_clock,
    input wire [BYTES-1:0] writes,
    input wire [ADDRESS_BITS-1:0] write_address,
    input wire [BITS*BYTES-1:0] write_data,
    input wire [BYTES-1:0] write_parity
);
    reg [BITS*BYTES-1:0] data [0:(1<<ADDRESS_BITS)-1];
    reg [BYTES-1:0] parity [0:(1<<ADDRESS_BITS)-1];
    integer i;

    always @(posedge read_clock) begin
        if (read) begin
            read_data <= data[read_address];
            read_parity <= parity[read_address];
        end
    end

    always @(posedge write_clock) begin
        for (i = 0; i < BYTES; i = i + 1) begin
            if (writes[i]) begin
                data[write_address][BITS*i +: BITS] <= write_data[BITS*i +: BITS];
                parity[write_address][i] <= write_parity[i];
            end
        end
    end
endmodule

// What both cells are: addresses are of bits.
module block_ram #(
    parameter BYTES = 4,
    parameter ADDRESS_BITS = 14,
    parameter RAM_MODE = "TDP",
    parameter READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0,
    parameter WRITE_MODE_A = "", WRITE_MODE_B = "",
    parameter DOA_REG = 0, DOB_REG = 0
) (
    input wire clock_a, enable_a, clock_b, enable_b,
    input wire [ADDRESS_BITS-1:0] address_a, address_b,
    input wire [BYTES/2-1:0] writes_a,
    input wire [BYTES-1:0] writes_b,
    input wire [4*BYTES-1:0] data_a, data_b,
    input wire [BYTES/2-1:0] parity_a, parity_b,
    output wire [4*BYTES-1:0] word_a, word_b,
    output wire [BYTES/2-1:0] word_parity_a, word_parity_b
);
    localparam HALF = BYTES / 2;
    localparam BOTH = RAM_MODE == "SDP" && READ_WIDTH_A == 9 * BYTES && WRITE_WIDTH_B == 9 * BYTES
        && READ_WIDTH_B == 0 && WRITE_WIDTH_A == 0;
    // Bytes that a port of a word of up to one half has, and the bits of each.
    localparam PARTS = WRITE_WIDTH_A < 9 ? 1 : WRITE_WIDTH_A / 9;
    localparam BITS = WRITE_WIDTH_A == 0 ? 1 : WRITE_WIDTH_A < 9 ? WRITE_WIDTH_A : 8;
    // The lowest bit of the address of such a word.
    localparam LOWEST = $clog2(PARTS * BITS);
    localparam ONE = RAM_MODE == "TDP" && WRITE_WIDTH_A == READ_WIDTH_B
        && WRITE_WIDTH_A > 0 && WRITE_WIDTH_A <= 9 * HALF && READ_WIDTH_A == 0 && WRITE_WIDTH_B == 0;

    initial begin
        if (
            !(BOTH || ONE) || WRITE_MODE_A != "READ_FIRST" || WRITE_MODE_B != "READ_FIRST"
            || DOA_REG != 0 || DOB_REG != 0
        ) begin
            $display(
                "a block RAM is used in a way that its model does not have: %s, reads %0d %0d, writes %0d %0d",
                RAM_MODE, READ_WIDTH_A, READ_WIDTH_B, WRITE_WIDTH_A, WRITE_WIDTH_B
            );
            $stop;
        end
    end

    generate
        if (BOTH) begin : both
            sdp_ram #(.BYTES(BYTES), .ADDRESS_BITS(9)) ram (
                .read_clock(clock_a), .read(enable_a), .read_address(address_a[ADDRESS_BITS-1 -: 9]),
                .read_data({word_b, word_a}), .read_parity({word_parity_b, word_parity_a}),
                .write_clock(clock_b), .writes(writes_b & {BYTES{enable_b}}),
                .write_address(address_b[ADDRESS_BITS-1 -: 9]),
                .write_data({data_b, data_a}), .write_parity({parity_b, parity_a})
            );
        end else begin : one
            wire [PARTS*BITS-1:0] read_data;
            wire [PARTS-1:0] read_parity;
            assign word_a = {8*HALF{1'bx}};
            assign word_parity_a = {HALF{1'bx}};
            assign word_b = read_data;
            assign word_parity_b = read_parity;
            sdp_ram #(.BYTES(PARTS), .BITS(BITS), .ADDRESS_BITS(ADDRESS_BITS - LOWEST)) ram (
                .read_clock(clock_b), .read(enable_b), .read_address(address_b[ADDRESS_BITS-1:LOWEST]),
                .read_data(read_data), .read_parity(read_parity),
                .write_clock(clock_a), .writes(writes_a[PARTS-1:0] & {PARTS{enable_a}}),
                .write_address(address_a[ADDRESS_BITS-1:LOWEST]),
                .write_data(data_a[PARTS*BITS-1:0]), .write_parity(parity_a[PARTS-1:0])
            );
        end
    endgenerate
endmodule

module RAMB18E1 (
    input wire [13:0] ADDRARDADDR, ADDRBWRADDR,
    input wire CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
    input wire RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
    input wire [1:0] WEA,
    input wire [3:0] WEBWE,
    input wire [15:0] DIADI, DIBDI,
    input wire [1:0] DIPADIP, DIPBDIP,
    output wire [15:0] DOADO, DOBDO,
    output wire [1:0] DOPADOP, DOPBDOP
);
    parameter DOA_REG = 0, DOB_REG = 0, RAM_MODE = "TDP";
    parameter READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0;
    parameter WRITE_MODE_A = "WRITE_FIRST", WRITE_MODE_B = "WRITE_FIRST";
    parameter SRVAL_A = 0, SRVAL_B = 0, INIT_A = 0, INIT_B = 0;
    parameter [255:0] INIT_00 = 256'bx, INIT_01 = 256'bx, INIT_02 = 256'bx, INIT_03 = 256'bx;
    parameter [255:0] INIT_04 = 256'bx, INIT_05 = 256'bx, INIT_06 = 256'bx, INIT_07 = 256'bx;
    parameter [255:0] INIT_08 = 256'bx, INIT_09 = 256'bx, INIT_0A = 256'bx, INIT_0B = 256'bx;
    parameter [255:0] INIT_0C = 256'bx, INIT_0D = 256'bx, INIT_0E = 256'bx, INIT_0F = 256'bx;
    parameter [255:0] INIT_10 = 256'bx, INIT_11 = 256'bx, INIT_12 = 256'bx, INIT_13 = 256'bx;
    parameter [255:0] INIT_14 = 256'bx, INIT_15 = 256'bx, INIT_16 = 256'bx, INIT_17 = 256'bx;
    parameter [255:0] INIT_18 = 256'bx, INIT_19 = 256'bx, INIT_1A = 256'bx, INIT_1B = 256'bx;
    parameter [255:0] INIT_1C = 256'bx, INIT_1D = 256'bx, INIT_1E = 256'bx, INIT_1F = 256'bx;
    parameter [255:0] INIT_20 = 256'bx, INIT_21 = 256'bx, INIT_22 = 256'bx, INIT_23 = 256'bx;
    parameter [255:0] INIT_24 = 256'bx, INIT_25 = 256'bx, INIT_26 = 256'bx, INIT_27 = 256'bx;
    parameter [255:0] INIT_28 = 256'bx, INIT_29 = 256'bx, INIT_2A = 256'bx, INIT_2B = 256'bx;
    parameter [255:0] INIT_2C = 256'bx, INIT_2D = 256'bx, INIT_2E = 256'bx, INIT_2F = 256'bx;
    parameter [255:0] INIT_30 = 256'bx, INIT_31 = 256'bx, INIT_32 = 256'bx, INIT_33 = 256'bx;
    parameter [255:0] INIT_34 = 256'bx, INIT_35 = 256'bx, INIT_36 = 256'bx, INIT_37 = 256'bx;
    parameter [255:0] INIT_38 = 256'bx, INIT_39 = 256'bx, INIT_3A = 256'bx, INIT_3B = 256'bx;
    parameter [255:0] INIT_3C = 256'bx, INIT_3D = 256'bx, INIT_3E = 256'bx, INIT_3F = 256'bx;
    parameter [255:0] INITP_00 = 256'bx, INITP_01 = 256'bx, INITP_02 = 256'bx, INITP_03 = 256'bx;
    parameter [255:0] INITP_04 = 256'bx, INITP_05 = 256'bx, INITP_06 = 256'bx, INITP_07 = 256'bx;

    block_ram #(
        .BYTES(4), .ADDRESS_BITS(14), .RAM_MODE(RAM_MODE),
        .READ_WIDTH_A(READ_WIDTH_A), .READ_WIDTH_B(READ_WIDTH_B),
        .WRITE_WIDTH_A(WRITE_WIDTH_A), .WRITE_WIDTH_B(WRITE_WIDTH_B),
        .WRITE_MODE_A(WRITE_MODE_A), .WRITE_MODE_B(WRITE_MODE_B),
        .DOA_REG(DOA_REG), .DOB_REG(DOB_REG)
    ) ram (
        .clock_a(CLKARDCLK), .enable_a(ENARDEN), .address_a(ADDRARDADDR),
        .writes_a(WEA), .data_a(DIADI), .parity_a(DIPADIP), .word_a(DOADO), .word_parity_a(DOPADOP),
        .clock_b(CLKBWRCLK), .enable_b(ENBWREN), .address_b(ADDRBWRADDR),
        .writes_b(WEBWE), .data_b(DIBDI), .parity_b(DIPBDIP), .word_b(DOBDO), .word_parity_b(DOPBDOP)
    );
endmodule

module RAMB36E1 (
    input wire [15:0] ADDRARDADDR, ADDRBWRADDR,
    input wire CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
    input wire RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
    input wire [3:0] WEA,
    input wire [7:0] WEBWE,
    input wire [31:0] DIADI, DIBDI,
    input wire [3:0] DIPADIP, DIPBDIP,
    output wire [31:0] DOADO, DOBDO,
    output wire [3:0] DOPADOP, DOPBDOP
);
    parameter DOA_REG = 0, DOB_REG = 0, RAM_MODE = "TDP";
    parameter READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0;
    parameter WRITE_MODE_A = "WRITE_FIRST", WRITE_MODE_B = "WRITE_FIRST";
    parameter SRVAL_A = 0, SRVAL_B = 0, INIT_A = 0, INIT_B = 0;
    parameter [255:0] INIT_00 = 256'bx, INIT_01 = 256'bx, INIT_02 = 256'bx, INIT_03 = 256'bx;
    parameter [255:0] INIT_04 = 256'bx, INIT_05 = 256'bx, INIT_06 = 256'bx, INIT_07 = 256'bx;
    parameter [255:0] INIT_08 = 256'bx, INIT_09 = 256'bx, INIT_0A = 256'bx, INIT_0B = 256'bx;
    parameter [255:0] INIT_0C = 256'bx, INIT_0D = 256'bx, INIT_0E = 256'bx, INIT_0F = 256'bx;
    parameter [255:0] INIT_10 = 256'bx, INIT_11 = 256'bx, INIT_12 = 256'bx, INIT_13 = 256'bx;
    parameter [255:0] INIT_14 = 256'bx, INIT_15 = 256'bx, INIT_16 = 256'bx, INIT_17 = 256'bx;
    parameter [255:0] INIT_18 = 256'bx, INIT_19 = 256'bx, INIT_1A = 256'bx, INIT_1B = 256'bx;
    parameter [255:0] INIT_1C = 256'bx, INIT_1D = 256'bx, INIT_1E = 256'bx, INIT_1F = 256'bx;
    parameter [255:0] INIT_20 = 256'bx, INIT_21 = 256'bx, INIT_22 = 256'bx, INIT_23 = 256'bx;
    parameter [255:0] INIT_24 = 256'bx, INIT_25 = 256'bx, INIT_26 = 256'bx, INIT_27 = 256'bx;
    parameter [255:0] INIT_28 = 256'bx, INIT_29 = 256'bx, INIT_2A = 256'bx, INIT_2B = 256'bx;
    parameter [255:0] INIT_2C = 256'bx, INIT_2D = 256'bx, INIT_2E = 256'bx, INIT_2F = 256'bx;
    parameter [255:0] INIT_30 = 256'bx, INIT_31 = 256'bx, INIT_32 = 256'bx, INIT_33 = 256'bx;
    parameter [255:0] INIT_34 = 256'bx, INIT_35 = 256'bx, INIT_36 = 256'bx, INIT_37 = 256'bx;
    parameter [255:0] INIT_38 = 256'bx, INIT_39 = 256'bx, INIT_3A = 256'bx, INIT_3B = 256'bx;
    parameter [255:0] INIT_3C = 256'bx, INIT_3D = 256'bx, INIT_3E = 256'bx, INIT_3F = 256'bx;
    parameter [255:0] INIT_40 = 256'bx, INIT_41 = 256'bx, INIT_42 = 256'bx, INIT_43 = 256'bx;
    parameter [255:0] INIT_44 = 256'bx, INIT_45 = 256'bx, INIT_46 = 256'bx, INIT_47 = 256'bx;
    parameter [255:0] INIT_48 = 256'bx, INIT_49 = 256'bx, INIT_4A = 256'bx, INIT_4B = 256'bx;
    parameter [255:0] INIT_4C = 256'bx, INIT_4D = 256'bx, INIT_4E = 256'bx, INIT_4F = 256'bx;
    parameter [255:0] INIT_50 = 256'bx, INIT_51 = 256'bx, INIT_52 = 256'bx, INIT_53 = 256'bx;
    parameter [255:0] INIT_54 = 256'bx, INIT_55 = 256'bx, INIT_56 = 256'bx, INIT_57 = 256'bx;
    parameter [255:0] INIT_58 = 256'bx, INIT_59 = 256'bx, INIT_5A = 256'bx, INIT_5B = 256'bx;
    parameter [255:0] INIT_5C = 256'bx, INIT_5D = 256'bx, INIT_5E = 256'bx, INIT_5F = 256'bx;
    parameter [255:0] INIT_60 = 256'bx, INIT_61 = 256'bx, INIT_62 = 256'bx, INIT_63 = 256'bx;
    parameter [255:0] INIT_64 = 256'bx, INIT_65 = 256'bx, INIT_66 = 256'bx, INIT_67 = 256'bx;
    parameter [255:0] INIT_68 = 256'bx, INIT_69 = 256'bx, INIT_6A = 256'bx, INIT_6B = 256'bx;
    parameter [255:0] INIT_6C = 256'bx, INIT_6D = 256'bx, INIT_6E = 256'bx, INIT_6F = 256'bx;
    parameter [255:0] INIT_70 = 256'bx, INIT_71 = 256'bx, INIT_72 = 256'bx, INIT_73 = 256'bx;
    parameter [255:0] INIT_74 = 256'bx, INIT_75 = 256'bx, INIT_76 = 256'bx, INIT_77 = 256'bx;
    parameter [255:0] INIT_78 = 256'bx, INIT_79 = 256'bx, INIT_7A = 256'bx, INIT_7B = 256'bx;
    parameter [255:0] INIT_7C = 256'bx, INIT_7D = 256'bx, INIT_7E = 256'bx, INIT_7F = 256'bx;
    parameter [255:0] INITP_00 = 256'bx, INITP_01 = 256'bx, INITP_02 = 256'bx, INITP_03 = 256'bx;
    parameter [255:0] INITP_04 = 256'bx, INITP_05 = 256'bx, INITP_06 = 256'bx, INITP_07 = 256'bx;
    parameter [255:0] INITP_08 = 256'bx, INITP_09 = 256'bx, INITP_0A = 256'bx, INITP_0B = 256'bx;
    parameter [255:0] INITP_0C = 256'bx, INITP_0D = 256'bx, INITP_0E = 256'bx, INITP_0F = 256'bx;

    block_ram #(
        .BYTES(8), .ADDRESS_BITS(15), .RAM_MODE(RAM_MODE),
        .READ_WIDTH_A(READ_WIDTH_A), .READ_WIDTH_B(READ_WIDTH_B),
        .WRITE_WIDTH_A(WRITE_WIDTH_A), .WRITE_WIDTH_B(WRITE_WIDTH_B),
        .WRITE_MODE_A(WRITE_MODE_A), .WRITE_MODE_B(WRITE_MODE_B),
        .DOA_REG(DOA_REG), .DOB_REG(DOB_REG)
    ) ram (
        .clock_a(CLKARDCLK), .enable_a(ENARDEN), .address_a(ADDRARDADDR[14:0]),
        .writes_a(WEA), .data_a(DIADI), .parity_a(DIPADIP), .word_a(DOADO), .word_parity_a(DOPADOP),
        .clock_b(CLKBWRCLK), .enable_b(ENBWREN), .address_b(ADDRBWRADDR[14:0]),
        .writes_b(WEBWE), .data_b(DIBDI), .parity_b(DIPBDIP), .word_b(DOBDO), .word_parity_b(DOPBDOP)
    );
endmodule

`default_nettype wire
