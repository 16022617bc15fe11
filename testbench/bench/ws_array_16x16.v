// A 16 x 16 weight-stationary int8 array as one would write it by hand: what the generated one is
// measured against (`ferrogrid bench`). Same ports, same cycles. Of the ways to write it that were
// tried, this is the one that Verilator runs fastest: with the nets between the PEs in arrays it
// takes a third more time.

`default_nettype none

module ws_pe (
    input  wire               clk,
    input  wire               swap_in,
    input  wire signed [7:0]  activation_in,
    input  wire signed [7:0]  weight_in,
    input  wire signed [19:0] sum_in,
    output reg                swap_out,
    output reg  signed [7:0]  activation_out,
    output reg  signed [19:0] sum_out
);
    reg signed [7:0]  next_weight;
    reg signed [7:0]  weight;
    reg signed [15:0] product;

    always @(posedge clk) begin
        swap_out       <= swap_in;
        activation_out <= activation_in;
        if (swap_out) next_weight <= weight_in;
        if (swap_in) weight <= next_weight;
        product <= activation_out * weight;
        /* verilator lint_off WIDTH */  // the product is sign-extended
        sum_out <= sum_in + product;
        /* verilator lint_on WIDTH */
    end
endmodule

module ws_array_16x16 #(
    parameter ROWS    = 16,
    parameter COLUMNS = 16
) (
    input  wire                  clk,
    input  wire [ROWS-1:0]       swaps,
    input  wire [8*ROWS-1:0]     activations,
    input  wire [8*COLUMNS-1:0]  weights,
    output wire [20*COLUMNS-1:0] sums
);
    genvar r, c;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : row
            for (c = 0; c < COLUMNS; c = c + 1) begin : column
                wire               swap_in;
                wire signed [7:0]  activation_in;
                wire signed [19:0] sum_in;
                wire               swap_out;
                wire signed [7:0]  activation_out;
                wire signed [19:0] sum_out;

                if (c == 0) begin : left
                    assign swap_in       = swaps[r];
                    assign activation_in = activations[8*r +: 8];
                end else begin : inner
                    assign swap_in       = column[c-1].swap_out;
                    assign activation_in = column[c-1].activation_out;
                end
                if (r == 0) begin : top
                    assign sum_in = 20'sd0;
                end else begin : below
                    assign sum_in = row[r-1].column[c].sum_out;
                end
                if (r == ROWS - 1) begin : bottom
                    assign sums[20*c +: 20] = sum_out;
                end

                ws_pe pe (
                    .clk            (clk),
                    .swap_in        (swap_in),
                    .activation_in  (activation_in),
                    .weight_in      (weights[8*c +: 8]),
                    .sum_in         (sum_in),
                    .swap_out       (swap_out),
                    .activation_out (activation_out),
                    .sum_out        (sum_out)
                );
            end
        end
    endgenerate
endmodule

`default_nettype wire
