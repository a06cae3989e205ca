//! Walking JSON.

use std::borrow::Cow;

use super::{Fault, Head, Keys, MAX_DEPTH, Seen};

/// Looks through one message.
pub(super) fn scan(bytes: &[u8]) -> (Head<'_>, Result<(), Fault>) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (Head::default(), Err(Fault::NotUtf8));
    };
    let mut walk = Walk { text, at: 0, keys: Keys::default(), head: Head::default() };
    let outcome = walk.message();
    (walk.head, outcome)
}

struct Walk<'b> {
    text: &'b str,
    at: usize,
    keys: Keys<'b>,
    head: Head<'b>,
}

impl<'b> Walk<'b> {
    fn message(&mut self) -> Result<(), Fault> {
        if self.next_token() != Some(b'{') {
            return Err(Fault::NotAMap);
        }
        self.object(1)?;
        match self.next_token() {
            None => Ok(()),
            Some(_) => Err(Fault::TrailingBytes),
        }
    }

    /// One value; `depth` counts the lists and maps around it.
    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        match self.next_token().ok_or(Fault::Truncated)? {
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(Fault::BadJson),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.at += 1;
        let mark = self.keys.mark();
        let mut first = true;
        loop {
            match self.next_token().ok_or(Fault::Truncated)? {
                b'}' if first => break,
                b'"' => {}
                _ => return Err(Fault::BadJson),
            }
            first = false;
            let key = unescape(self.string()?)?;
            self.expect(b':')?;
            match (depth, key.as_ref()) {
                (1, "type") => self.kind()?,
                (1, "ref") => self.reference()?,
                _ => self.value(depth)?,
            }
            self.keys.add(mark, key)?;
            if self.comma_or(b'}')? {
                continue;
            }
            self.keys.close(mark);
            return Ok(());
        }
        self.at += 1;
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.at += 1;
        if self.next_token() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            if !self.comma_or(b']')? {
                return Ok(());
            }
        }
    }

    /// The value of the outermost `type`.
    fn kind(&mut self) -> Result<(), Fault> {
        if self.next_token() != Some(b'"') {
            self.head.kind = Seen::Wrong;
            return self.value(1);
        }
        self.head.kind = Seen::Value(unescape(self.string()?)?);
        Ok(())
    }

    /// The value of the outermost `ref`; null is as good as none.
    fn reference(&mut self) -> Result<(), Fault> {
        let token = self.next_token();
        if token == Some(b'n') {
            return self.literal("null");
        }
        self.head.reference = Seen::Wrong;
        if !matches!(token, Some(b'-' | b'0'..=b'9')) {
            return self.value(1);
        }
        if let Ok(reference) = self.number()?.parse() {
            self.head.reference = Seen::Value(reference);
        }
        Ok(())
    }

    /// A string's inside, escapes as they are. The walk stands on its opening quote.
    fn string(&mut self) -> Result<&'b str, Fault> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            let rest = self.text.as_bytes().get(at..).ok_or(Fault::Truncated)?;
            let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
            let step = rest.iter().position(special).ok_or(Fault::Truncated)?;
            at += step;
            match rest.get(step) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                _ => return Err(Fault::BadJson),
            }
        }
        self.at = at + 1;
        self.text.get(start..at).ok_or(Fault::BadJson)
    }

    fn number(&mut self) -> Result<&'b str, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Fault::BadJson);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(Fault::BadJson);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(Fault::BadJson);
            }
        }
        self.text.get(start..self.at).ok_or(Fault::BadJson)
    }

    /// Walks over digits; how many there were.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn literal(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Fault::BadJson);
        }
        self.at += word.len();
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        match self.next_token() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(Fault::BadJson),
            None => Err(Fault::Truncated),
        }
    }

    /// Whether there is more (a comma) or the list or map ends here.
    fn comma_or(&mut self, end: u8) -> Result<bool, Fault> {
        let found = self.next_token().ok_or(Fault::Truncated)?;
        self.at += 1;
        match found {
            b',' => Ok(true),
            found if found == end => Ok(false),
            _ => Err(Fault::BadJson),
        }
    }

    /// The next byte that is not white space; the walk stands on it.
    fn next_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Two spellings of one key are one key, so escapes are undone.
fn unescape(raw: &str) -> Result<Cow<'_, str>, Fault> {
    if !raw.contains('\\') {
        return Ok(Cow::Borrowed(raw));
    }
    serde_json::from_str(&format!("\"{raw}\"")).map(Cow::Owned).map_err(|_| Fault::BadJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<Fault> {
        scan(text.as_bytes()).1.err()
    }

    #[test]
    fn heads_are_read_wherever_they_stand() {
        let (head, outcome) = scan(br#" {"a":[1,{"type":2}],"ref":7,"\u0074ype":"p\u0069ng"} "#);
        assert_eq!(outcome, Ok(()));
        assert_eq!(head.kind, Seen::Value("ping".into()));
        assert_eq!(head.reference, Seen::Value(7));
    }

    #[test]
    fn a_ref_survives_a_later_fault() {
        let (head, outcome) = scan(br#"{"ref":3,"type":"ping",,}"#);
        assert_eq!(outcome, Err(Fault::BadJson));
        assert_eq!(head.reference(), Some(3));
    }

    #[test]
    fn refs_that_are_none() {
        for (text, expected) in [
            (r#"{"ref":null}"#, Seen::Absent),
            (r#"{"ref":1.5}"#, Seen::Wrong),
            (r#"{"ref":"1"}"#, Seen::Wrong),
            (r#"{"ref":[{}]}"#, Seen::Wrong),
            (r#"{"ref":99999999999999999999}"#, Seen::Wrong),
            (r#"{"ref":-9223372036854775809}"#, Seen::Wrong),
        ] {
            let (head, outcome) = scan(text.as_bytes());
            assert_eq!(outcome, Ok(()), "{text}");
            assert_eq!(head.reference, expected, "{text}");
        }
    }

    #[test]
    fn refs_are_any_integer() {
        for reference in [i64::MIN, -1, 0, i64::MAX] {
            let text = format!(r#"{{"ref":{reference}}}"#);
            let (head, outcome) = scan(text.as_bytes());
            assert_eq!((outcome, head.reference()), (Ok(()), Some(reference)));
        }
    }

    #[test]
    fn faults_have_names() {
        for (text, expected) in [
            ("", Fault::NotAMap),
            ("[]", Fault::NotAMap),
            ("{", Fault::Truncated),
            (r#"{"a""#, Fault::Truncated),
            (r#"{"a":"\"#, Fault::Truncated),
            (r#"{"a":1,}"#, Fault::BadJson),
            (r#"{"a":01}"#, Fault::BadJson),
            (r#"{"a":NaN}"#, Fault::BadJson),
            (r#"{"a":-Infinity}"#, Fault::BadJson),
            (r#"{a:1}"#, Fault::BadJson),
            ("{\"a\":\"\n\"}", Fault::BadJson),
            (r#"{} {}"#, Fault::TrailingBytes),
            (r#"{"a":1,"a":2}"#, Fault::DuplicateKey),
            (r#"{"a":1,"\u0061":2}"#, Fault::DuplicateKey),
            (r#"{"x":{"a":1,"a":2}}"#, Fault::DuplicateKey),
        ] {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
        assert_eq!(fault(r#"{"x":{"a":1},"a":[{"a":1},{"a":2}]}"#), None);
        assert_eq!(scan(b"{\"a\":\"\xff\"}").1, Err(Fault::NotUtf8));
    }

    #[test]
    fn depth_and_keys_are_bounded() {
        let nested = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert_eq!(fault(&nested(MAX_DEPTH - 1)), None);
        assert_eq!(fault(&nested(MAX_DEPTH)), Some(Fault::TooDeep));
        assert_eq!(fault(&"{\"a\":".repeat(100_000)), Some(Fault::TooDeep));
        let keys = |n: usize| {
            let pairs: Vec<_> = (0..n).map(|i| format!("\"{i}\":0")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert_eq!(fault(&keys(256)), None);
        assert_eq!(fault(&keys(257)), Some(Fault::TooManyKeys));
    }
}
