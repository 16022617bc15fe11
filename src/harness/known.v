// A value with its unknown bits as 0, for test benches.
module ferrogrid_known_@WIDTH@ (
    input  wire [@WIDTH@-1:0] value,
    output wire [@WIDTH@-1:0] known,
    output wire             unknown
);
`ifdef VERILATOR
    assign known = value;
    assign unknown = 1'b0;
`else
    reg [@WIDTH@-1:0] bits;
    integer i;
    assign known = bits;
    assign unknown = ^value === 1'bx;
    always @* begin
        bits = value;
        if (^value === 1'bx)
            for (i = 0; i < @WIDTH@; i = i + 1) bits[i] = value[i] === 1'b1;
    end
`endif
endmodule
