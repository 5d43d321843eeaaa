//! From a program back to text.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::program::operation::{Op, Operand};
use crate::program::verify::VerifiedProgram;

/// The program as text, from which [`assemble`](super::assemble) makes the same bytes. An instruction a line, with its
/// offset in a comment; labels are named by their offsets.
pub fn disassemble(program: &VerifiedProgram) -> String {
    let is_jump = |op: Op| op.row().operand == Operand::Target;
    let jumps = program.instructions().iter().filter(|instruction| is_jump(instruction.op));
    let targets: BTreeSet<u16> = jumps.map(|instruction| instruction.operand).collect();
    let mut entries = program.program().entries.iter().peekable();
    let mut text = String::new();
    for (index, instruction) in program.instructions().iter().enumerate() {
        let offset = program.offset(index);
        if let Some(entry) = entries.next_if(|entry| entry.start == offset) {
            let names: Vec<String> = (0..entry.arguments).map(|number| format!("arg{number}")).collect();
            let payable = if entry.payable { " payable" } else { "" };
            let gap = if offset == 0 { "" } else { "\n" };
            let _ = writeln!(text, "{gap}entry {}({}){payable}", &*entry.name, names.join(", "));
        }
        if targets.contains(&offset) {
            let _ = writeln!(text, "at{offset}:");
        }
        let name = instruction.op.row().name;
        let line = match instruction.op.row().operand {
            Operand::None => format!("    {name}"),
            Operand::Constant => {
                let constant = program.program().constants[usize::from(instruction.operand)];
                format!("    {name} {constant}")
            }
            Operand::Target => format!("    {name} at{}", instruction.operand),
            Operand::Byte | Operand::Local | Operand::Code => format!("    {name} {}", instruction.operand),
        };
        let _ = writeln!(text, "{line:<40} # {offset}");
    }
    text
}
