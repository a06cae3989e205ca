//! From where widgets may connect: what a browser says of the page that they are in.

use switchboard_journal::Site;

/// Whether a widget of this origin may connect. One that says none (an app, a program) may where
/// every origin may, or where that was not ruled out.
pub fn may_connect(site: &Site, origin: Option<&str>) -> bool {
    if site.allowed_origins.is_empty() {
        return true;
    }
    match origin {
        None => site.missing_origin_allowed,
        Some(origin) => site.allowed_origins.iter().any(|allowed| matches(allowed, origin)),
    }
}

/// Names of schemes and hosts are the same in any case; a port that is the scheme's own may be said
/// or not.
fn matches(allowed: &str, origin: &str) -> bool {
    let (allowed, origin) = (allowed.to_ascii_lowercase(), origin.to_ascii_lowercase());
    let (Some((scheme, host)), Some((own_scheme, own_host))) = (split(&allowed), split(&origin))
    else {
        return false;
    };
    if scheme != own_scheme {
        return false;
    }
    match host.strip_prefix("*.") {
        None => host == own_host,
        Some(parent) => own_host
            .strip_suffix(parent)
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|below| !below.is_empty()),
    }
}

/// The scheme, and the host with its port where that is not the scheme's own.
fn split(origin: &str) -> Option<(&str, &str)> {
    let (scheme, host) = origin.split_once("://")?;
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    Some((scheme, host.strip_suffix(usual).unwrap_or(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(origins: &[&str], missing_origin_allowed: bool) -> Site {
        let allowed_origins = origins.iter().map(|origin| String::from(*origin)).collect();
        Site { allowed_origins, missing_origin_allowed, ..Site::default() }
    }

    #[test]
    fn without_a_list_everything_may_connect() {
        for origin in [None, Some("https://example.org"), Some("null"), Some("")] {
            assert!(may_connect(&site(&[], false), origin), "{origin:?}");
        }
    }

    #[test]
    fn what_says_nothing_is_a_setting() {
        assert!(may_connect(&site(&["https://example.org"], true), None));
        assert!(!may_connect(&site(&["https://example.org"], false), None));
        assert!(!may_connect(&site(&["https://example.org"], true), Some("null")));
        assert!(!may_connect(&site(&["https://example.org"], true), Some("")));
    }

    #[test]
    fn scheme_host_and_port_are_the_same() {
        let only = site(&["https://example.org", "http://localhost:3000"], false);
        for good in [
            "https://example.org",
            "HTTPS://Example.ORG",
            "https://example.org:443",
            "http://localhost:3000",
        ] {
            assert!(may_connect(&only, Some(good)), "{good}");
        }
        for bad in [
            "http://example.org",
            "https://example.org:8443",
            "https://www.example.org",
            "https://example.org.evil.test",
            "https://evilexample.org",
            "http://localhost",
            "https://example.org/",
        ] {
            assert!(!may_connect(&only, Some(bad)), "{bad}");
        }
    }

    #[test]
    fn a_star_is_any_name_below_and_not_the_name_itself() {
        let below = site(&["https://*.example.org"], false);
        for good in ["https://www.example.org", "https://a.b.example.org"] {
            assert!(may_connect(&below, Some(good)), "{good}");
        }
        for bad in [
            "https://example.org",
            "https://.example.org",
            "https://wwwexample.org",
            "http://www.example.org",
        ] {
            assert!(!may_connect(&below, Some(bad)), "{bad}");
        }
    }
}
