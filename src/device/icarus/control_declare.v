  // ---- AXI4-Lite master
  reg aw_due, aw_offered, w_due, w_offered, ar_due, ar_offered;
  reg b_due, b_ready, b_holding, b_asked, r_due, r_ready, r_holding, r_asked;
  reg [1:0] b_held;
  reg [33:0] r_held;
  reg access_finished, has_polled;
  reg [31:0] access_data, polled, kind, address, data, strobe;
  reg [1:0] access_response;
  task control_restart; begin
    aw_due = 0; aw_offered = 0; w_due = 0; w_offered = 0; ar_due = 0; ar_offered = 0;
    b_due = 0; b_ready = 0; b_holding = 0; r_due = 0; r_ready = 0; r_holding = 0;
    access_finished = 0; has_polled = 0; kind = 5; address = 0; data = 0; strobe = 0;
  end endtask
  task begin_access; begin
    has_polled = 0; access_finished = 0;
    kind = op_kind[done]; address = op_a[done]; data = op_b[done]; strobe = op_c[done];
    if (kind == 0) begin aw_due = 1; w_due = 1; b_due = 1; end
    if (kind == 1 || kind == 2) begin ar_due = 1; r_due = 1; end
  end endtask
