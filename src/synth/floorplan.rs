//! Places for the multipliers of an array and the memories of its sums.
//!
//! The sums of a column run from multiplier to multiplier. A router that knows nothing of this
//! spreads them over the chip, and the longest wire of a sum sets the clock; so the multipliers of
//! a column are given neighbouring places, and columns that hand each other operands stand beside
//! each other. Their sums end in block RAMs, which share enables and addresses: these stand
//! close together in one row.

use super::target::Sites;

/// The columns of an array, from left to right: paths of instances, a list for every column.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Its multipliers, from the first row on.
    pub multipliers: Vec<Vec<String>>,
    /// The block RAMs that hold its sums.
    pub block_rams: Vec<Vec<String>>,
}

/// A cell and its place, in the router's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path of the instance.
    pub cell: String,
    /// As X4/Y10/MULT18_0.
    pub bel: String,
}

/// Cells and their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floorplan {
    /// All multipliers, column by column, or none.
    pub multipliers: Vec<Place>,
    /// All block RAMs that hold sums, or none.
    pub block_rams: Vec<Place>,
}

impl Floorplan {
    /// Whether the router places everything.
    pub fn is_empty(&self) -> bool {
        self.multipliers.is_empty() && self.block_rams.is_empty()
    }
}

/// A place for each multiplier, and one for each block RAM if they fit beside; nothing where the
/// multipliers do not fit column by column.
///
/// Columns fill rows of the chip, as few as are needed and alike; every second row goes
/// backwards, so that the last column of a row and the first of the next are one above the other.
pub(super) fn floorplan(columns: &Columns, sites: &Sites) -> Floorplan {
    let multipliers = &columns.multipliers;
    let height = multipliers.iter().map(Vec::len).max().unwrap_or(0);
    let row = sites.multipliers();
    let rows = sites.multiplier_rows;
    let room = row.len().checked_div(height).unwrap_or(0);
    let bands = multipliers.len().div_ceil(room.max(1));
    if multipliers.is_empty() || room == 0 || bands > rows.len() {
        return Floorplan::default();
    }
    let width = multipliers.len().div_ceil(bands);
    // In the middle of each row. As many rows are left free below as above, or one fewer: two of the
    // LFE5U-85F are Y10 and Y34.
    let first_site = (row.len() - width * height) / 2;
    let first_band = (rows.len() - bands) / 2;
    let mut places = Vec::new();
    let mut starts = Vec::new();
    for (column, cells) in multipliers.iter().enumerate() {
        let (band, along) = (column / width, column % width);
        let along = if band % 2 == 0 {
            along
        } else {
            width - 1 - along
        };
        let sites = &row[first_site + along * height..][..height];
        let y = rows[first_band + band];
        let place = |(cell, (x, z)): (&String, &(u32, u32))| Place {
            cell: cell.clone(),
            bel: format!("X{x}/Y{y}/MULT18_{z}"),
        };
        places.extend(cells.iter().zip(sites).map(place));
        starts.push(sites[0].0);
    }
    Floorplan {
        multipliers: places,
        block_rams: beside(&columns.block_rams, &starts, sites),
    }
}

/// Places of block RAMs: for those of each column in turn the free ones that are nearest to its
/// first multiplier; none where they do not fit one row.
fn beside(block_rams: &[Vec<String>], starts: &[u32], sites: &Sites) -> Vec<Place> {
    let mut free = sites.block_rams();
    let y = sites.block_ram_row;
    if block_rams.concat().len() > free.len() {
        return Vec::new();
    }
    let mut places = Vec::new();
    for (cells, start) in block_rams.iter().zip(starts) {
        free.sort_by_key(|(x, _)| x.abs_diff(*start));
        let nearest = free.drain(..cells.len());
        places.extend(cells.iter().zip(nearest).map(|(cell, (x, z))| Place {
            cell: cell.clone(),
            bel: format!("X{x}/Y{y}/EBR{z}"),
        }));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Chip, TARGETS, Target};
    use std::collections::BTreeSet;

    fn columns(rows: usize, columns: usize) -> Columns {
        let column = |c| (0..rows).map(|r| format!("row_{r}.pe_{c}")).collect();
        Columns {
            multipliers: (0..columns).map(column).collect(),
            block_rams: Vec::new(),
        }
    }

    fn sites(target: &str) -> &'static Sites {
        let chip = Target::named(target).and_then(|target| target.chip.as_ref());
        chip.and_then(|chip| chip.sites.as_ref())
            .expect("a chip with places")
    }

    #[test]
    fn block_rams_stand_between_the_rows_by_their_columns() {
        let mut columns = columns(8, 8);
        columns.block_rams = (0..8)
            .map(|c| vec![format!("{c}.a"), format!("{c}.b")])
            .collect();
        let plan = floorplan(&columns, sites("ecp5-85k"));
        assert_eq!((plan.multipliers.len(), plan.block_rams.len()), (64, 16));
        let of = |cell: &str| {
            let place = plan.block_rams.iter().find(|place| place.cell == cell);
            place.expect("a place").bel.as_str()
        };
        // The first column and the last begin at X26.
        assert_eq!([of("0.a"), of("0.b")], ["X26/Y22/EBR2", "X24/Y22/EBR1"]);
        assert_eq!([of("7.a"), of("7.b")], ["X28/Y22/EBR3", "X22/Y22/EBR0"]);
        assert_eq!([of("4.a"), of("4.b")], ["X84/Y22/EBR3", "X78/Y22/EBR0"]);
    }

    #[test]
    fn block_rams_that_do_not_fit_are_left_to_the_router() {
        let mut columns = columns(7, 4);
        let mut with = |count| {
            columns.block_rams = vec![(0..count).map(|i| format!("ram_{i}")).collect()];
            let plan = floorplan(&columns, sites("ecp5-25k"));
            assert_eq!(plan.multipliers.len(), 28);
            let different: BTreeSet<_> = plan.block_rams.iter().map(|place| &place.bel).collect();
            (plan.block_rams.len(), different.len())
        };
        assert_eq!(with(28), (28, 28));
        assert_eq!(with(29), (0, 0));
    }

    /// With several rows of multipliers between two of them, else above the only one.
    #[test]
    fn block_rams_have_a_row_of_each_chip() {
        let row = |wide, target| {
            let mut columns = columns(8, wide);
            columns.block_rams = vec![vec!["ram".to_owned()]];
            let plan = floorplan(&columns, sites(target));
            let place = plan.block_rams.first().expect("a place");
            place.bel.split('/').nth(1).expect("a row").to_owned()
        };
        assert_eq!(row(1, "ecp5-25k"), "Y25");
        assert_eq!([row(1, "ecp5-45k"), row(8, "ecp5-45k")], ["Y34"; 2]);
        for wide in [1, 8, 18] {
            assert_eq!(row(wide, "ecp5-85k"), "Y22");
        }
    }

    #[test]
    fn columns_stand_side_by_side_and_rows_turn() {
        let places = floorplan(&columns(8, 8), sites("ecp5-85k")).multipliers;
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
            let places = floorplan(&columns(rows, wide), sites(target)).multipliers;
            let different: BTreeSet<_> = places.iter().map(|place| &place.bel).collect();
            assert_eq!(different.len(), rows * wide, "{target}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_router() {
        let none = |rows, wide, target| floorplan(&columns(rows, wide), sites(target)).is_empty();
        assert!(none(29, 1, "ecp5-25k"));
        assert!(none(8, 4, "ecp5-25k"));
        assert!(none(0, 0, "ecp5-85k"));
        assert!(!none(7, 4, "ecp5-25k"));
    }

    #[test]
    fn a_chip_has_as_many_places_as_multipliers() {
        let with_sites = |chip: &'static Chip| Some((&chip.room, chip.sites.as_ref()?));
        let chips = TARGETS.iter().filter_map(|target| target.chip.as_ref());
        let all: Vec<_> = chips.filter_map(with_sites).collect();
        assert_eq!(all.len(), 4);
        for (room, sites) in all {
            let multipliers = sites.multiplier_rows.len() * sites.multipliers().len();
            assert_eq!(multipliers, room.multipliers as usize);
            // Block RAMs stand at the same X, in several rows.
            assert_eq!(room.block_rams as usize % sites.block_rams().len(), 0);
        }
    }
}
