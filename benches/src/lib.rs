//! Measurement: the load harness that `baro bench` runs ([`load`]). The micro-benchmarks are in `benches/`.

pub mod load;
