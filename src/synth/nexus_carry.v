// Where a carry chain begins, CIN is to be open.
(* techmap_celltype = "CCU2" *)
module chain_head (
    input  CIN,
    input  A0, B0, C0, D0,
    input  A1, B1, C1, D1,
    output S0, S1, COUT
);

    parameter INIT0 = "0x0000";
    parameter INIT1 = "0x0000";
    parameter INJECT = "YES";
    parameter _TECHMAP_CONSTMSK_CIN_ = 1'b0;

    wire _TECHMAP_FAIL_ = !_TECHMAP_CONSTMSK_CIN_;

    CCU2 #(
        .INIT0(INIT0),
        .INIT1(INIT1),
        .INJECT(INJECT)
    ) _TECHMAP_REPLACE_ (
        .A0(A0), .B0(B0), .C0(C0), .D0(D0),
        .A1(A1), .B1(B1), .C1(C1), .D1(D1),
        .S0(S0), .S1(S1), .COUT(COUT)
    );

endmodule
