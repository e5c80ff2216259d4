//! A line of the control port in words.

/// Splits at blanks. `"` begins and ends a part in which blanks count; `\` takes the next
/// character as it is, and `\n` for the end of a line.
///
/// # Errors
/// When a quote does not end.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut characters = line.trim_end_matches(['\r', '\n']).chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' => match characters.next() {
                Some('n') => word.get_or_insert_default().push('\n'),
                Some(other) => word.get_or_insert_default().push(other),
                None => return Err("nothing follows the last \\".to_owned()),
            },
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    if is_quoted {
        return Err("a quote does not end".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_split_at_blanks_outside_of_quotes() {
        let table: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("  \t\n", &[]),
            ("faults  on drop-on:3\r\n", &["faults", "on", "drop-on:3"]),
            (
                r#"add /x name="a b" c="""#,
                &["add", "/x", "name=a b", "c="],
            ),
            (r#""" \" \\ a\ b"#, &["", "\"", "\\", "a b"]),
            (r"one\ntwo", &["one\ntwo"]),
        ];
        for (line, words) in table {
            assert_eq!(split(line).as_deref(), Ok(words.map_owned().as_slice()));
        }
        assert!(split("\"open").is_err());
        assert!(split("end\\").is_err());
    }

    trait Owned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl Owned for &[&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|word| (*word).to_owned()).collect()
        }
    }
}
