//! What a call can cost at most, where that can be told without running it.

use super::container::Entry;
use super::gas;
use super::operation::Op;
use super::verify::VerifiedProgram;

/// The most gas that a call of an entry point uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GasBound {
    /// No path costs more than this.
    AtMost(u64),
    /// There is a loop: only the call's limit bounds it.
    Loops,
}

/// The cost of the dearest path from `entry`, where each stored cell and each receiver is taken for a new one.
pub fn gas_bound(program: &VerifiedProgram, entry: &Entry) -> GasBound {
    let mut costs = vec![Cost::Unknown; program.instructions().len()];
    let first = program.index(entry.start);
    // Depth first with an own stack: paths are as long as the code.
    let mut path = vec![first];
    while let Some(&index) = path.last() {
        costs[index] = Cost::OnPath;
        let mut dearest = 0;
        let mut unknown = None;
        for next in program.successors(index).flatten() {
            match costs[next] {
                Cost::OnPath => return GasBound::Loops,
                Cost::Unknown => unknown = Some(next),
                Cost::Known(cost) => dearest = dearest.max(cost),
            }
        }
        match unknown {
            Some(next) => path.push(next),
            None => {
                let op = program.instructions()[index].op;
                let created = match op {
                    Op::Store => gas::CELL_CREATED,
                    Op::Transfer => gas::ACCOUNT_CREATED,
                    _ => 0,
                };
                costs[index] = Cost::Known(dearest.saturating_add(op.row().gas + created));
                path.pop();
            }
        }
    }
    match costs[first] {
        Cost::Known(cost) => GasBound::AtMost(cost.saturating_add(gas::CALL)),
        Cost::Unknown | Cost::OnPath => GasBound::Loops,
    }
}

/// What is known of the cost from an instruction to the end.
#[derive(Debug, Clone, Copy)]
enum Cost {
    Unknown,
    /// The instruction lies on the path that is being followed.
    OnPath,
    Known(u64),
}
