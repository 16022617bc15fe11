`default_nettype none
module ferrogrid_commander;
  localparam STDIN = 32'h8000_0000;
  localparam ALL = 65535;
@DECLARATIONS@
  reg [63:0] edges, ran, limit;
  reg running;
  integer code, what, which, clock, first, last;

  @DESIGN@ dut (
    @CONNECTIONS@
  );

  // The lowest bits of all ports.
  wire [@PORTS@:0] bits = {
    @BITS@
  };

  // A rising edge of `clock`, which may be all.
  task rise; begin
    #1;
    if (@DATED@) $display("@C %0d", edges);
@RAISE@
    #1;@LOWER@
    edges = edges + 1;
  end endtask

  initial begin
    edges = 0;
    running = 1;
    while (running) begin
      code = $fscanf(STDIN, "%d", what);
      if (code != 1) what = 7;
      else if (what < 6) code = $fscanf(STDIN, "%d", which);
      case (what)
        0: begin
          case (which)
@SET@
          default: ;
          endcase
          $display("@=");
        end
        1: begin
          #0;
          case (which)
@GET@
          default: ;
          endcase
        end
        2: begin
          code = $fscanf(STDIN, "%d %d", first, last);
          case (which)
@LOAD@
          default: ;
          endcase
          $display("@=");
        end
        3: begin
          code = $fscanf(STDIN, "%d %d", first, last);
          case (which)
@READ@
          default: ;
          endcase
          $display("@=");
        end
        4: begin
          code = $fscanf(STDIN, "%d", limit);
          clock = which;
          for (ran = 0; ran < limit; ran = ran + 1) rise;
          $display("@=");
        end
        5: begin
          code = $fscanf(STDIN, "%d", limit);
          clock = ALL;
          #0;
          for (ran = 0; ran < limit && bits[which] !== 1'b1; ran = ran + 1) rise;
          $display("@= %0d", ran);
        end
        6: begin
          $dumpfile("waves.vcd");
          $dumpvars(0, dut);
          $display("@=");
        end
        default: running = 0;
      endcase
      $fflush;
    end
    $finish;
  end
endmodule
`default_nettype wire
