//! Names that no core can have, because files beside its Verilog would not work.

use super::Problem;

/// `keyword.kwlist` and `keyword.softkwlist` of Python 3.13, in small letters: classes begin with a capital.
const PYTHON_KEYWORDS: &str = "\
and as assert async await break case class continue def del elif else except false finally for from \
global if import in is lambda match none nonlocal not or pass raise return true try while with yield";

/// `sys.stdlib_module_names` of Python, `test`, and what the file for LiteX imports: a file of
/// that name would hide them.
const PYTHON_MODULES: &str = "\
abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii \
bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys \
compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses \
dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno \
faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt \
getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp \
importlib inspect io ipaddress itertools json keyword lib2to3 linecache litex locale logging lzma \
mailbox mailcap marshal math migen mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc \
nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle \
pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd \
py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource \
rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib \
sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics \
string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib \
tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback \
tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings \
wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib \
zoneinfo";

/// Reserved words of VHDL-2008 that no PSL needs.
const VHDL: &str = "\
abs access after alias all and architecture array assert attribute begin block body buffer bus case \
component configuration constant disconnect downto else elsif end entity exit file for function \
generate generic group guarded if impure in inertial inout is label library linkage literal loop map \
mod nand new next nor not null of on open or others out package port postponed procedure process \
pure range record register reject rem report return rol ror select severity signal shared sla sll \
sra srl subtype then to transport type unaffected units until use variable wait when while with xnor \
xor";

/// Units of cores: modules are called as the core, `_`, and one of these. Behind some stand sizes.
const UNITS: &str = "\
a_buffer accumulators array b_buffer block_ram block_ram_part datapath deskew drain front job load load_a load_b matrix \
matrix_deskew matrix_skew matrix_token_line multiplier parameters pe post post_requantizer post_token_line registers \
ring row scratchpad scratchpad_half sequencer skew store tables token_line vector vector_accumulators vector_lanes \
vector_token_line vector_weights";

/// Cells that cores share: modules are called as one of these, and behind some stand sizes.
const CELLS: &str = "axi_read_arbiter axi_read_transfers axi_write_transfers burst_splitter fifo fifo_words \
register_slice round_robin semaphore semaphore_wait skid_buffer";

/// Whether a module, called as the core or by `_` behind another's name, would be of one of these.
fn is_one_of(module: &str, list: &str) -> bool {
    list.split_whitespace().any(|name| {
        let sizes = module.strip_prefix(name);
        sizes.is_some_and(|sizes| {
            sizes
                .split('_')
                .all(|size| size.is_empty() || is_size(size))
        })
    })
}

/// `40x32`, `16` or `of`.
fn is_size(word: &str) -> bool {
    word == "of" || word.split('x').all(|digits| digits.parse::<u32>().is_ok())
}

/// What is wrong with a name whose form is right.
pub(super) fn check(name: &str) -> Result<(), Problem> {
    let module = name.replace('-', "_");
    let is_in = |list: &str| list.split_whitespace().any(|word| word == module);
    let starts = module.match_indices('_').map(|(at, _)| at);
    let unit = starts
        .map(|at| module.split_at(at))
        .find(|(_, rest)| is_one_of(&rest[1..], UNITS));
    let why = if is_in(PYTHON_KEYWORDS) {
        "a word of Python, in which its file for LiteX is written".to_owned()
    } else if is_in(PYTHON_MODULES) {
        "a module of Python, which its file for LiteX would hide".to_owned()
    } else if is_in(VHDL) {
        "a reserved word of VHDL".to_owned()
    } else if is_one_of(&module, CELLS) {
        format!("the name of a cell, whose module is `{module}`")
    } else if let Some((core, _)) = unit {
        format!("a core `{core}` has a module `{module}` too")
    } else {
        return Ok(());
    };
    Err(Problem::at("name", format!("`{name}` cannot name a core"))
        .label(why)
        .help(format!("take a name such as `{name}-core`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_for_what_they_break() {
        let refused = [
            "lambda",
            "none",
            "array",
            "test",
            "signal",
            "entity",
            "acc-array",
            "acc-skew-4x8",
            "fifo-8x16",
        ];
        let texts = refused.map(|name| {
            let problem = check(name).expect_err(name);
            format!("{problem}: {}", problem.label)
        });
        insta::assert_snapshot!(texts.join("\n"));
        for name in [
            "matmul-8x8",
            "acc",
            "my-array-core",
            "skewed",
            "fifo",
            "nano",
        ] {
            let result = check(name);
            assert_eq!(result.is_ok(), name != "fifo", "{name}: {result:?}");
        }
    }
}
