      if (quiet) begin aw_offered = 0; w_offered = 0; ar_offered = 0; end
      else begin
        if (aw_due && !aw_offered) aw_offered = !aw_stall_now;
        if (w_due && !w_offered) w_offered = !w_stall_now;
        if (ar_due && !ar_offered) ar_offered = !ar_stall_now;
      end
      {awvalid} = aw_offered;
      {awaddr} = aw_offered ? address : 32'bx;
      {wvalid} = w_offered;
      {wdata} = w_offered ? data : 32'bx;
      {wstrb} = w_offered ? strobe[3:0] : 4'bx;
      b_ready = b_due && !quiet && !b_stall_now;
      {bready} = b_ready;
      {arvalid} = ar_offered;
      {araddr} = ar_offered ? address : 32'bx;
      r_ready = r_due && !quiet && !r_stall_now;
      {rready} = r_ready;
