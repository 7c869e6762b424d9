//! The first word of each doc comment: a sentence that begins with a relative or interrogative
//! word is a riddle, not a description.

use std::path::Path;

use super::Told;

/// Words that open no doc comment.
const BANNED: &[&str] = &[
    "how", "if", "that", "what", "whatever", "when", "where", "whether", "which", "who", "whoever",
    "whom", "whose", "why",
];

/// Checks the doc comments of a Rust file.
pub(super) fn check(path: &Path, text: &str, told: &mut Told) {
    for (number, word) in first_words(text) {
        told.check(!BANNED.contains(&word.to_lowercase().as_str()), || {
            format!(
                "{}:{number}: a doc comment opens with \"{word}\"; say what the item is or does",
                path.display()
            )
        });
    }
}

/// Returns the line and the first word of each block of `///` or `//!`.
fn first_words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut in_block = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        if let (Some(comment), false) = (comment, in_block) {
            let is_letter = |letter: char| letter.is_alphanumeric() || letter == '\'';
            let word = comment.trim_start();
            let end = word.find(|letter| !is_letter(letter)).unwrap_or(word.len());
            words.push((number, &word[..end]));
        }
        in_block = comment.is_some();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> usize {
        let mut told = Told::default();
        check(Path::new("a.rs"), text, &mut told);
        told.failed()
    }

    #[test]
    fn relative_and_interrogative_first_words_are_faults() {
        assert_eq!(faults("/// Who hears whom.\nfn a() {}\n"), 1);
        assert_eq!(faults("//! What a file holds.\n"), 1);
        assert_eq!(faults("    /// which it is\n    a: u8,\n"), 1);
        assert_eq!(faults("/// Returns what was read.\n"), 0);
    }

    #[test]
    fn later_lines_of_a_comment_may_begin_with_any_word() {
        assert_eq!(faults("/// Returns the leg\n/// which sent it.\n"), 0);
        assert_eq!(faults("/// The leg.\na: u8,\n/// When it came.\n"), 1);
        assert_eq!(faults("// which is no doc comment\n"), 0);
        assert_eq!(faults("/// `which` is a program.\n"), 0);
    }
}
