//! Reads Rust source well enough to find the paths in it: no types, no macro expansion.

use std::collections::BTreeSet;
use std::fs;

/// A path as written, with `self` and `super` resolved; paths of this crate start at `crate`.
pub struct Path {
    /// Line of the last segment, from 1.
    pub line: usize,
    pub segments: Vec<String>,
}

/// A source file and the paths outside its `#[cfg(test)]` items.
pub struct SourceFile {
    /// Relative to the package, with `/`.
    pub name: String,
    /// Where the file hangs in the crate: `["hdl", "ir"]` for `src/hdl/ir.rs`.
    module: Vec<String>,
    pub paths: Vec<Path>,
    /// Lines and names of the macros called, in `#[cfg(test)]` items too.
    pub macros: Vec<(usize, String)>,
    /// Names of the `#[macro_export]` macros, which live at the crate's root.
    pub exported_macros: Vec<String>,
    /// Modules declared with `#[cfg(test)] mod name;`, from the crate's root.
    test_modules: Vec<Vec<String>>,
}

/// The files of the library, without those that only tests compile.
pub fn library() -> Vec<SourceFile> {
    let mut files = read(&["src"]);
    files.retain(|file| !["src/lib.rs", "src/main.rs"].contains(&file.name.as_str()));
    let test_only: BTreeSet<_> = files
        .iter()
        .flat_map(|file| file.test_modules.iter().cloned())
        .collect();
    files.retain(|file| {
        !test_only
            .iter()
            .any(|module| file.module.starts_with(module))
    });
    files
}

/// All Rust files of the package.
pub fn all() -> Vec<SourceFile> {
    read(&["src", "crates", "testbench", "examples"])
}

fn read(folders: &[&str]) -> Vec<SourceFile> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap();
            let name = relative
                .to_str()
                .expect("file names are ASCII")
                .replace('\\', "/");
            files.push(SourceFile::parse(
                &name,
                &fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

impl SourceFile {
    /// The top-level module that the file belongs to.
    pub fn top(&self) -> &str {
        &self.module[0]
    }

    /// Reads the text of the file called `name`.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut module: Vec<String> = name
            .trim_end_matches(".rs")
            .split('/')
            .skip(1)
            .map(String::from)
            .collect();
        module.pop_if(|last| last == "mod");
        let mut reader = Reader {
            tokens: tokens(text),
            file: SourceFile {
                name: name.into(),
                module,
                paths: vec![],
                macros: vec![],
                exported_macros: vec![],
                test_modules: vec![],
            },
            braces: vec![],
        };
        reader.read();
        reader.file
    }
}

struct Token {
    line: usize,
    text: String,
}

/// Words and punctuation; `::` is one token. Comments and literals are dropped.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let start = i;
        let mut token = None;
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                i += 2;
                let mut depth = 1;
                while depth > 0 && i < chars.len() {
                    let step = match (at(i), at(i + 1)) {
                        ('/', '*') => 1,
                        ('*', '/') => -1,
                        _ => 0,
                    };
                    depth += step;
                    i += if step == 0 { 1 } else { 2 };
                }
            }
            '"' => i = string_end(&chars, i),
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => {
                i += if at(i + 1) == '\\' { 3 } else { 2 };
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            ':' if at(i + 1) == ':' => {
                i += 2;
                token = Some("::".into());
            }
            c if word(c) => {
                while word(at(i)) {
                    i += 1;
                }
                let text: String = chars[start..i].iter().collect();
                let hashes = chars[i..].iter().take_while(|&&c| c == '#').count();
                let raw = matches!(text.as_str(), "r" | "br" | "cr");
                if raw && at(i + hashes) == '"' {
                    let closing: Vec<char> = std::iter::once('"')
                        .chain(std::iter::repeat_n('#', hashes))
                        .collect();
                    i += hashes + 1;
                    while i < chars.len() && !chars[i..].starts_with(&closing) {
                        i += 1;
                    }
                    i += closing.len();
                } else {
                    token = Some(text);
                }
            }
            c => {
                i += 1;
                token = (!c.is_whitespace()).then(|| c.into());
            }
        }
        if let Some(text) = token {
            found.push(Token { line, text });
        }
        i = i.min(chars.len());
        line += chars[start..i].iter().filter(|&&c| c == '\n').count();
    }
    found
}

/// The index after the string literal whose opening quote stands at `i`.
fn string_end(chars: &[char], mut i: usize) -> usize {
    i += 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

struct Reader {
    tokens: Vec<Token>,
    file: SourceFile,
    /// For every open brace, the name of the inline module it belongs to, if it is one.
    braces: Vec<Option<String>>,
}

impl Reader {
    fn text(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |token| &token.text)
    }

    fn is_word(&self, i: usize) -> bool {
        self.text(i)
            .starts_with(|c: char| c.is_alphanumeric() || c == '_')
    }

    fn read(&mut self) {
        for i in 0..self.tokens.len() {
            if self.is_word(i) && self.text(i + 1) == "!" && self.text(i + 2) != "=" {
                self.file
                    .macros
                    .push((self.tokens[i].line, self.text(i).into()));
            }
        }
        self.file.exported_macros = self
            .tokens
            .split(|token| token.text == "macro_export")
            .skip(1)
            .filter_map(|after| {
                let rules = after.iter().position(|token| token.text == "macro_rules")?;
                after.get(rules + 2).map(|name| name.text.clone())
            })
            .collect();
        let mut i = 0;
        while i < self.tokens.len() {
            match self.text(i) {
                "#" if self.is_cfg_test(i) => i = self.skip_test_item(i + 7),
                "{" => {
                    let named = i >= 2 && self.text(i - 2) == "mod";
                    let name = named.then(|| self.text(i - 1).into());
                    self.braces.push(name);
                    i += 1;
                }
                "}" => {
                    self.braces.pop();
                    i += 1;
                }
                _ if self.is_word(i) => i = self.tree(i, &[]),
                _ => i += 1,
            }
        }
    }

    fn is_cfg_test(&self, i: usize) -> bool {
        let wanted = ["#", "[", "cfg", "(", "test", ")", "]"];
        wanted
            .iter()
            .enumerate()
            .all(|(n, wanted)| self.text(i + n) == *wanted)
    }

    /// The index after the item that starts at `i`.
    fn skip_test_item(&mut self, mut i: usize) -> usize {
        let mut depth = 0;
        while i < self.tokens.len() {
            match self.text(i) {
                "mod" if depth == 0 && self.text(i + 2) == ";" => {
                    let mut module = self.here();
                    module.push(self.text(i + 1).into());
                    self.file.test_modules.push(module);
                }
                ";" if depth == 0 => return i + 1,
                "(" | "[" | "{" => depth += 1,
                closing @ (")" | "]" | "}") => {
                    depth -= 1;
                    if closing == "}" && depth <= 0 {
                        return i + 1;
                    }
                }
                _ => {}
            }
            i += 1;
        }
        i
    }

    /// The module that the reader is in, inline modules included.
    fn here(&self) -> Vec<String> {
        self.file
            .module
            .iter()
            .chain(self.braces.iter().flatten())
            .cloned()
            .collect()
    }

    /// Reads a path, or a `use` tree, and returns the index after it.
    fn tree(&mut self, mut i: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        loop {
            if self.is_word(i) || self.text(i) == "*" {
                segments.push(self.text(i).into());
                i += 1;
                if self.text(i) == "::" && self.text(i + 1) != "<" {
                    i += 1;
                    continue;
                }
                break;
            }
            if self.text(i) == "{" {
                i += 1;
                while i < self.tokens.len() && self.text(i) != "}" {
                    i = match self.text(i) {
                        "," => i + 1,
                        "as" => i + 2,
                        _ => self.tree(i, &segments),
                    };
                }
                return i + 1;
            }
            i += 1;
            break;
        }
        if segments.len() > prefix.len() {
            let line = self.tokens[i - 1].line;
            let segments = self.resolve(segments);
            self.file.paths.push(Path { line, segments });
        }
        i
    }

    fn resolve(&self, segments: Vec<String>) -> Vec<String> {
        if !["self", "super"].contains(&segments[0].as_str()) {
            return segments;
        }
        let mut module = self.here();
        let mut rest = segments.as_slice();
        while let [first, tail @ ..] = rest {
            match first.as_str() {
                "self" => {}
                "super" => {
                    module.pop();
                }
                _ => break,
            }
            rest = tail;
        }
        std::iter::once("crate".into())
            .chain(module)
            .chain(rest.iter().cloned())
            .collect()
    }
}
