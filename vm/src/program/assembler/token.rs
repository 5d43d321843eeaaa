//! From text to words with places.

use super::error::{AssemblyError, Place, Problem};

/// A word, a text with its quotation marks, or one of `( ) [ ] , :`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::program) struct Token<'a> {
    pub(in crate::program) text: &'a str,
    pub(in crate::program) place: Place,
}

impl Token<'_> {
    /// True for what a value can be written with: digits or a text.
    pub(in crate::program) fn is_literal(&self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_digit() || first == '"')
    }

    /// True for what can name something.
    pub(in crate::program) fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }
}

const MARKS: &str = "()[],:";

/// The tokens of `text`; comments and blanks are gone.
pub(in crate::program) fn tokens(text: &str) -> Result<Vec<Token<'_>>, AssemblyError> {
    let mut tokens = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let mut rest = content;
        loop {
            rest = rest.trim_start();
            let column = content[..content.len() - rest.len()].chars().count() + 1;
            let place = Place { line, column };
            let length = match rest.chars().next() {
                None | Some('#') => break,
                Some(mark) if MARKS.contains(mark) => mark.len_utf8(),
                Some('"') => match rest[1..].find('"') {
                    Some(end) => end + 2,
                    None => return Err(AssemblyError::new(place, Problem::OpenText)),
                },
                Some(_) => {
                    let ends = |c: char| c.is_whitespace() || c == '#' || c == '"' || MARKS.contains(c);
                    rest.find(ends).unwrap_or(rest.len())
                }
            };
            let (text, after) = rest.split_at(length);
            tokens.push(Token { text, place });
            rest = after;
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_marks_and_texts_are_apart_and_know_their_places() {
        let tokens = tokens("entry pay(a, b) # \"comment\n  \"a # b\" 4_500\tend: ü x").unwrap();
        let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
        let expected = ["entry", "pay", "(", "a", ",", "b", ")", "\"a # b\"", "4_500", "end", ":", "ü", "x"];
        assert_eq!(texts, expected);
        assert_eq!(tokens[8].place, Place { line: 2, column: 11 });
        assert_eq!(tokens[12].place, Place { line: 2, column: 24 }, "characters are counted, not bytes");
    }

    #[test]
    fn a_text_ends_on_its_line() {
        let error = tokens("x\n  \"open\n\"").unwrap_err();
        assert_eq!(error, AssemblyError { line: 2, column: 3, problem: Problem::OpenText });
    }
}
