//! The images, what they show, and what a network takes them for.

use ferrogrid::device::npy;
use ndarray::Array2;
use std::path::Path;

/// Pixels of a row and rows of an image.
const SIDE: usize = 8;

/// The test images.
pub struct Digits {
    /// A row of pixels, 0 to 16, for each.
    pub images: Array2<i64>,
    labels: Vec<usize>,
}

impl Digits {
    /// From `images.npy` and `labels.npy` of a folder.
    pub fn read(folder: &Path) -> miette::Result<Digits> {
        let matrix = |name: &str| npy::read_matrix(&folder.join(name)).map(|m| m.integers());
        let labels = matrix("labels.npy")?;
        Ok(Digits {
            images: matrix("images.npy")?,
            labels: labels.iter().map(|&label| label as usize).collect(),
        })
    }

    /// `351/360 (97.5 %)`: how many images are taken for what they show.
    pub fn accuracy(&self, classes: &[usize]) -> String {
        let labels = classes.iter().zip(&self.labels);
        let right = labels.filter(|(class, label)| class == label).count();
        let percent = 100.0 * right as f64 / classes.len() as f64;
        format!("{right}/{} ({percent:.1} %)", classes.len())
    }

    /// A few images with what they are taken for: the first ones that are classified rightly, and
    /// the first that is not.
    pub fn gallery(&self, classes: &[usize]) -> String {
        const SHADES: &[u8] = b" .:-=+*#%@";
        let right = |image: &usize| classes[*image] == self.labels[*image];
        let mut shown: Vec<usize> = (0..classes.len()).filter(right).take(3).collect();
        shown.extend((0..classes.len()).find(|image| !right(image)));
        let mut text = String::new();
        for row in 0..SIDE {
            let mut line = String::new();
            for &image in &shown {
                for column in 0..SIDE {
                    let pixel = self.images[[image, SIDE * row + column]].clamp(0, 16) as usize;
                    let shade = char::from(SHADES[pixel * (SHADES.len() - 1) / 16]);
                    line.extend([shade, shade]);
                }
                line.push_str("    ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let captions = shown.iter().map(|&image| {
            let (class, label) = (classes[image], self.labels[image]);
            let caption = match class == label {
                true => class.to_string(),
                false => format!("{class}? no, {label}"),
            };
            format!("{caption:^16}    ")
        });
        text.push_str(captions.collect::<String>().trim_end());
        text.push('\n');
        text
    }
}

/// The class of each row of logits: the index of the largest one, the lowest on a tie.
pub fn classes(logits: &Array2<i64>) -> Vec<usize> {
    let class = |logits: &[i64]| {
        let largest = (0..logits.len()).rev().max_by_key(|&class| logits[class]);
        largest.unwrap_or_default()
    };
    let rows = logits.rows().into_iter();
    rows.map(|row| class(&row.to_vec())).collect()
}
