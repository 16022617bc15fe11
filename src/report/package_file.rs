//! A file of a generated core.

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// Path below the package's folder, with `/`.
    pub path: String,
    /// Contents.
    pub text: String,
}
