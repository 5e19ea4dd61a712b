//! What a Markdown page links to, and what can be linked to in it.
//!
//! Enough of the language for this repository's pages: inline links and images, definitions of references, links in angle
//! brackets, headings. Code, fenced, indented or inline, is not looked into.

/// A link of a page: its line, from 1 on, and where it leads, as written.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub line: usize,
    pub target: String,
}

/// Every link of a page.
pub fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (line, prose) in prose(text) {
        let clean = without_code(prose);
        let targets = inline_targets(&clean).into_iter().chain(definition(&clean)).chain(autolinks(&clean));
        found.extend(targets.map(|target| Link { line, target }));
    }
    found
}

/// The names that a fragment may have: those of the headings, as GitHub and mdbook make them.
pub fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let hashes = line.chars().take_while(|c| *c == '#').count();
        let Some(title) = line.get(hashes..).and_then(|rest| rest.strip_prefix(' ')) else { continue };
        if hashes == 0 || hashes > 6 {
            continue;
        }
        let slug = slug(title);
        let before = anchors.iter().filter(|known| is_same_or_numbered(known, &slug)).count();
        anchors.push(if before == 0 { slug } else { format!("{slug}-{before}") });
    }
    anchors
}

/// A page with each link's target replaced by what `replace` makes of it.
pub fn with_targets(text: &str, mut replace: impl FnMut(&str) -> String) -> String {
    let outside: Vec<usize> = prose(text).iter().map(|(line, _)| *line).collect();
    let mut result = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            result.push('\n');
        }
        if outside.binary_search(&(index + 1)).is_err() {
            result.push_str(line);
            continue;
        }
        // Code is blanked at the same length, so places in the two texts are the same.
        let clean = without_code(line);
        let mut copied = 0;
        for (from, to) in inline_places(&clean) {
            result.push_str(&line[copied..from]);
            result.push_str(&replace(&line[from..to]));
            copied = to;
        }
        result.push_str(&line[copied..]);
    }
    result
}

fn is_same_or_numbered(known: &str, slug: &str) -> bool {
    let rest = known.strip_prefix(slug);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
}

/// The fragment of a heading.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.trim().chars() {
        match c {
            ' ' => slug.push('-'),
            '-' | '_' => slug.push(c),
            c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    slug
}

/// The lines outside of code blocks, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    let mut blank_before = true;
    let mut indented = false;
    for (index, line) in text.split('\n').enumerate() {
        let start = line.trim_start();
        match fence {
            Some(mark) => {
                if start.starts_with(mark) {
                    fence = None;
                }
                continue;
            }
            None if start.starts_with("```") => fence = Some("```"),
            None if start.starts_with("~~~") => fence = Some("~~~"),
            None => {
                let deep = line.starts_with("    ");
                indented = deep && (blank_before || indented);
                if !indented {
                    lines.push((index + 1, line));
                }
            }
        }
        blank_before = start.is_empty();
    }
    lines
}

/// The line with its inline code blanked, each byte by a space.
fn without_code(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].bytes().take_while(|byte| *byte == b'`').count();
        let mark = &rest[at..at + ticks];
        let Some(length) = rest[at + ticks..].find(mark) else { break };
        let end = at + ticks + length + ticks;
        clean.push_str(&rest[..at]);
        clean.extend(std::iter::repeat_n(' ', end - at));
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean
}

/// Where the targets of the inline links are: behind `](` up to the `)` that closes it or to a title.
fn inline_places(line: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("](") {
        let begin = from + at + 2;
        let mut depth = 0;
        let end = line[begin..].char_indices().find_map(|(offset, c)| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return Some(begin + offset),
                ')' => depth -= 1,
                ' ' if line[begin + offset..].starts_with(" \"") => return Some(begin + offset),
                _ => {}
            }
            None
        });
        let Some(end) = end else { break };
        places.push((begin, end));
        from = end;
    }
    places
}

fn inline_targets(line: &str) -> Vec<String> {
    inline_places(line).into_iter().map(|(from, to)| line[from..to].to_owned()).collect()
}

/// `[name]: target`
fn definition(line: &str) -> Option<String> {
    let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
    (!name.contains(']')).then(|| target.split_whitespace().next().unwrap_or_default().to_owned())
}

/// `<https://...>`
fn autolinks(line: &str) -> Vec<String> {
    let inside = line.split('<').skip(1).filter_map(|part| part.split_once('>').map(|(inside, _)| inside));
    inside.filter(|inside| inside.contains("://") && !inside.contains(' ')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{anchors, links, with_targets};

    fn targets(text: &str) -> Vec<String> {
        links(text).into_iter().map(|link| link.target).collect()
    }

    #[test]
    fn every_form_of_a_link_is_found() {
        assert_eq!(targets("see [a](b.md) and [c](d.md#e), ![f](g.svg)"), ["b.md", "d.md#e", "g.svg"]);
        assert_eq!(targets("[a](b_(c).md \"title\")"), ["b_(c).md"]);
        assert_eq!(targets("[name]: there.md\n<https://example.org/x>"), ["there.md", "https://example.org/x"]);
        assert_eq!(links("one\ntwo [a](b)")[0].line, 2);
    }

    #[test]
    fn code_has_no_links() {
        assert!(targets("```\n[a](b)\n```\n").is_empty());
        assert!(targets("text `[a](b)` and ``[c`](d)``").is_empty());
        assert!(targets("text\n\n    [a](b)\n    [c](d)\n").is_empty());
        assert_eq!(targets("```\n[a](b)\n```\n[c](d)"), ["d"]);
        assert_eq!(targets("- item\n  that goes on [c](d)"), ["d"]);
    }

    #[test]
    fn headings_are_named_as_on_github() {
        assert_eq!(anchors("# A b\n## The `code`, and 1.2\n```\n# no\n```\n"), ["a-b", "the-code-and-12"]);
        assert_eq!(anchors("# Same\n# Same\n# Same\n"), ["same", "same-1", "same-2"]);
        assert!(anchors("#no\n####### no\n").is_empty());
    }

    #[test]
    fn targets_are_replaced_where_they_are_links() {
        let changed = with_targets("`[x](b)` [a](b) [c](d#e)\n```\n[a](b)\n```\n", |target| format!("<{target}>"));
        assert_eq!(changed, "`[x](b)` [a](<b>) [c](<d#e>)\n```\n[a](b)\n```\n");
    }
}
