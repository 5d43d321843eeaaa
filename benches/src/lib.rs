//! Measurement: the load harness that `baro bench` runs ([`load`]), and the measurements of `RESULTS.md` ([`results`]). The
//! micro-benchmarks are in `benches/`.

pub mod load;
pub mod results;
