//! Places for the multipliers of an array.
//!
//! The sums of a column run from multiplier to multiplier. A router that knows nothing of this
//! spreads them over the chip, and the longest wire of a sum sets the clock; so the multipliers of
//! a column are given neighbouring places, and columns that hand each other operands stand beside
//! each other.

use super::target::DspSites;

/// Instances of multipliers, by their paths: a list for every column, from its first row on.
pub type Columns = Vec<Vec<String>>;

/// A multiplier and its place, in the router's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path of the instance.
    pub cell: String,
    /// As X4/Y10/MULT18_0.
    pub bel: String,
}

/// A place for each multiplier; none where they do not fit column by column.
///
/// Columns fill rows of the chip, as few as are needed and alike; every second row goes
/// backwards, so that the last column of a row and the first of the next are one above the other.
pub fn places(columns: &[Vec<String>], sites: &DspSites) -> Vec<Place> {
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = sites.row();
    let room = row.len().checked_div(height).unwrap_or(0);
    let bands = columns.len().div_ceil(room.max(1));
    if columns.is_empty() || room == 0 || bands > sites.rows.len() {
        return Vec::new();
    }
    let width = columns.len().div_ceil(bands);
    // In the middle of the chip, in both directions.
    let first_site = (row.len() - width * height) / 2;
    let first_band = (sites.rows.len() - bands) / 2;
    let place = |(column, cells): (usize, &Vec<String>)| -> Vec<Place> {
        let (band, along) = (column / width, column % width);
        let along = if band % 2 == 0 {
            along
        } else {
            width - 1 - along
        };
        let start = first_site + along * height;
        let y = sites.rows[first_band + band];
        let sites = row[start..].iter();
        let place = |(cell, (x, z)): (&String, &(u32, u32))| Place {
            cell: cell.clone(),
            bel: format!("X{x}/Y{y}/MULT18_{z}"),
        };
        cells.iter().zip(sites).map(place).collect()
    };
    columns.iter().enumerate().flat_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Chip, TARGETS, Target};
    use std::collections::BTreeSet;

    fn columns(rows: usize, columns: usize) -> Columns {
        let column = |c| (0..rows).map(|r| format!("row_{r}.pe_{c}")).collect();
        (0..columns).map(column).collect()
    }

    fn sites(target: &str) -> &'static DspSites {
        let chip = Target::named(target).and_then(|target| target.chip.as_ref());
        chip.and_then(|chip| chip.dsp_sites.as_ref())
            .expect("a chip with places")
    }

    #[test]
    fn columns_stand_side_by_side_and_rows_turn() {
        let places = places(&columns(8, 8), sites("ecp5-85k"));
        let corner = |r: usize, c: usize| places[c * 8 + r].bel.as_str();
        assert_eq!(places.len(), 64);
        assert_eq!(places[8].cell, "row_0.pe_1");
        // Four columns in a row of 52 places begin at the eleventh.
        assert_eq!(corner(0, 0), "X26/Y10/MULT18_4");
        assert_eq!(corner(7, 0), "X41/Y10/MULT18_1");
        assert_eq!(corner(0, 1), "X44/Y10/MULT18_4");
        // The fifth column stands above the fourth, in the next row of the chip.
        assert_eq!(corner(0, 3), "X82/Y10/MULT18_4");
        assert_eq!(corner(0, 4), "X82/Y34/MULT18_4");
        assert_eq!(corner(0, 7), "X26/Y34/MULT18_4");
    }

    #[test]
    fn no_place_is_given_twice() {
        for (rows, wide, target) in [(4, 7, "ecp5-25k"), (8, 8, "ecp5-45k"), (13, 12, "ecp5-85k")] {
            let places = places(&columns(rows, wide), sites(target));
            let different: BTreeSet<_> = places.iter().map(|place| &place.bel).collect();
            assert_eq!(different.len(), rows * wide, "{target}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_router() {
        let none = |rows, wide, target| places(&columns(rows, wide), sites(target)).is_empty();
        assert!(none(29, 1, "ecp5-25k"));
        assert!(none(8, 4, "ecp5-25k"));
        assert!(none(0, 0, "ecp5-85k"));
        assert!(!none(7, 4, "ecp5-25k"));
    }

    #[test]
    fn a_chip_has_as_many_places_as_multipliers() {
        let with_sites = |chip: &'static Chip| Some((chip.multipliers, chip.dsp_sites.as_ref()?));
        let chips = TARGETS.iter().filter_map(|target| target.chip.as_ref());
        let all: Vec<_> = chips.filter_map(with_sites).collect();
        assert_eq!(all.len(), 4);
        for (multipliers, sites) in all {
            assert_eq!(sites.rows.len() * sites.row().len(), multipliers as usize);
        }
    }
}
