//! The macro that declares a rust-hdl block around a core.

/// Declares a struct whose fields are ports of a design and makes it a rust-hdl `Block`.
///
/// A field is named like the port and is a [`Port`](crate::rust_hdl::Port) (width from the design)
/// or a rust-hdl `Signal` (width checked). All inputs, clocks and resets must be there; outputs
/// may be left out. The struct gets
///
/// - `fn new(design: &hdl::ir::Design) -> Result<Self, BindError>`,
/// - `fn simulator(&mut self) -> &mut hdl::sim::Simulator`: what simulates the core, to read
///   signals inside it or to trace its own waves. Do not step it.
///
/// The [module](crate::rust_hdl) has an example.
#[macro_export]
macro_rules! rust_hdl_block {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$port_meta:meta])* $port_vis:vis $port:ident : $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$port_meta])* $port_vis $port: $type,)+
            _core: $crate::rust_hdl::Core,
        }

        impl $name {
            /// A block around this design.
            ///
            /// # Errors
            ///
            /// When the fields are not the ports of the design.
            $vis fn new(
                design: &$crate::hdl::ir::Design,
            ) -> ::std::result::Result<Self, $crate::rust_hdl::BindError> {
                $(let mut $port: $type = ::std::default::Default::default();)+
                let _core = $crate::rust_hdl::Core::new(
                    design,
                    stringify!($name),
                    &mut [$((
                        stringify!($port),
                        &mut $port as &mut dyn $crate::rust_hdl::CorePort,
                    )),+],
                )?;
                Ok(Self { $($port,)+ _core })
            }

            /// What simulates the core.
            #[allow(dead_code)]
            $vis fn simulator(&mut self) -> &mut $crate::hdl::sim::Simulator {
                self._core.simulator()
            }
        }

        impl $crate::rust_hdl::private::Logic for $name {
            fn update(&mut self) {
                self._core
                    .update(&mut [$(&mut self.$port as &mut dyn $crate::rust_hdl::CorePort),+]);
            }

            fn connect(&mut self) {
                $($crate::rust_hdl::Core::connect(&mut self.$port);)+
            }

            fn hdl(&self) -> $crate::rust_hdl::private::Verilog {
                self._core.hdl()
            }
        }

        impl $crate::rust_hdl::private::Block for $name {
            fn connect_all(&mut self) {
                $crate::rust_hdl::private::Logic::connect(self);
            }

            fn update_all(&mut self) {
                $crate::rust_hdl::private::Logic::update(self);
                $($crate::rust_hdl::private::Block::update_all(&mut self.$port);)+
            }

            fn has_changed(&self) -> bool {
                false $(|| $crate::rust_hdl::private::Block::has_changed(&self.$port))+
            }

            fn accept(&self, name: &str, probe: &mut dyn $crate::rust_hdl::private::Probe) {
                probe.visit_start_scope(name, self);
                $($crate::rust_hdl::private::Block::accept(
                    &self.$port,
                    stringify!($port),
                    probe,
                );)+
                probe.visit_end_scope(name, self);
            }
        }
    };
}
