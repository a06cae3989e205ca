//! Making what people chose fit to stand in a letter: one line, nothing invisible that turns the
//! text around it, not too long, and no way out of where it stands.

/// More of a name is not shown.
const NAME_CHARS: usize = 80;

/// A name as it stands within a sentence. What would end the quotation marks around it is turned
/// into an apostrophe, and what would make a link of it is pulled apart.
pub(super) fn name(text: &str) -> String {
    let quoted = |c: char| if is_quote(c) { '\'' } else { c };
    let visible: String = cut(text, usize::MAX).chars().map(quoted).collect();
    cut(&plain(&visible.replace("://", ": //")), NAME_CHARS)
}

/// Text that a mail program takes for nothing but itself, in a header too: it would decode what
/// looks like an encoded word, controls and all.
pub(super) fn plain(text: &str) -> String {
    text.replace("=?", "= ?")
}

/// One line of at most so many characters, without controls and what is invisible.
pub(super) fn cut(text: &str, most: usize) -> String {
    let visible = text.chars().map(|c| if is_break(c) { ' ' } else { c });
    let visible: String = visible.filter(|c| !is_hidden(*c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text for HTML, in an element or in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that show nothing and change how others are shown: bidirectional controls,
/// spaces without width, byte order marks, tags. The joiners of emoji and scripts stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_stays_within_its_quotation_marks() {
        for (text, expected) in [
            ("Acme", "Acme"),
            (" Acme\r\nBcc: all@example.org\t", "Acme Bcc: all@example.org"),
            ("a\u{2028}b\u{0085}c\0d", "a b c d"),
            ("\u{202E}evil\u{202C} \u{2066}x\u{2069}\u{200F}", "evil x"),
            ("Acme” is gone, see “http://evil.example", "Acme' is gone, see 'http: //evil.example"),
            ("=?utf-8?b?DQo=?= =\u{200B}?x", "= ?utf-8?b?DQo= ?= = ?x"),
            ("say \"hi\"", "say 'hi'"),
            ("שלום עולם", "שלום עולם"),
            ("👩‍👩‍👧 Café", "👩‍👩‍👧 Café"),
            ("\u{200B}\u{FEFF}", ""),
        ] {
            assert_eq!(name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let long = name(&"ß🦀".repeat(1_000));
        assert_eq!(long.chars().count(), NAME_CHARS);
        assert!(long.ends_with('…'));
        assert_eq!(name(&"x".repeat(NAME_CHARS)), "x".repeat(NAME_CHARS));
    }

    #[test]
    fn nothing_gets_out_of_an_element_or_an_attribute() {
        let text = "<script>\"a\" & 'b'</script>";
        let escaped = escape(text);
        assert!(!escaped.contains(['<', '>', '"', '\'']), "{escaped}");
        assert_eq!(escaped.matches('&').count(), 9);
    }
}
