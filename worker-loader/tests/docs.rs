//! The README and the guide show what the examples are: every piece of their code stands in an example that compiles.

use std::{fs, path::Path};

/// The code blocks of a language, without the lines that rustdoc hides, nor the white space around each line.
fn blocks(file: &str, language: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<Vec<String>> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(fence)) if fence.split(',').next() == Some(language) => open = Some(Vec::new()),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) if line != "#" && !line.starts_with("# ") => block.push(line.trim().to_owned()),
            _ => {}
        }
    }
    assert!(open.is_none(), "{file} has a block without an end");
    blocks
}

/// The lines of each example, of those with this ending.
fn examples(folder: &str, ending: &str) -> Vec<Vec<String>> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|extension| extension == ending));
    wanted.map(|path| fs::read_to_string(path).unwrap().lines().map(|line| line.trim().to_owned()).collect()).collect()
}

fn stands_in(examples: &[Vec<String>], block: &[String]) -> bool {
    examples.iter().any(|example| example.windows(block.len()).any(|lines| lines == block))
}

#[test]
fn the_rust_is_of_the_examples() {
    let examples = examples("examples", "rs");
    for (file, at_least) in [("README.md", 1), ("GUIDE.md", 10)] {
        let blocks = blocks(file, "rust");
        assert!(blocks.len() >= at_least, "{file}");
        for block in blocks {
            assert!(stands_in(&examples, &block), "{file} has, and no example:\n{}", block.join("\n"));
        }
    }
}

#[test]
fn the_javascript_is_of_the_examples() {
    let sources = examples("examples/js", "js");
    for block in blocks("GUIDE.md", "js").into_iter().chain(blocks("README.md", "js")) {
        assert!(stands_in(&sources, &block), "the documentation has, and no example:\n{}", block.join("\n"));
    }
}
