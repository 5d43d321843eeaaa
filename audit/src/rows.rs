//! Comma-separated values (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};

/// Rows that are written so far, all as long.
pub(crate) struct Rows<const N: usize>(Writer<Vec<u8>>);

impl<const N: usize> Rows<N> {
    /// Rows under this head.
    pub(crate) fn new(head: [&str; N]) -> Self {
        let mut rows = Rows(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new()));
        rows.add(head);
        rows
    }

    pub(crate) fn add(&mut self, row: [&str; N]) {
        self.0
            .write_record(row.map(inert).iter().map(|field| field.as_bytes()))
            .expect("memory takes every row, and all rows are as long");
    }

    pub(crate) fn text(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes every row");
        String::from_utf8(bytes).expect("rows are made of text")
    }
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front: memos, references and names of orders are
/// whatever somebody wrote. A negative whole number is no formula.
fn inert(text: &str) -> Cow<'_, str> {
    let digits = text.strip_prefix('-').unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_numbers_are_numbers() {
        for text in ["=1+1", "+1", "-1+1", "-", "--1", "-1.5", "@SUM(A1)", "\t=1", "\r=1", "-٣"] {
            assert_eq!(inert(text), format!("'{text}"));
        }
        for text in ["", "1", "-1", "-2682", "a=1", "커피", "'=1"] {
            assert_eq!(inert(text), text);
        }
    }
}
