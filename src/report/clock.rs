//! A clock's frequency, as users write it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A frequency in Hz: above 0, at most 100 GHz.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Clock(f64);

/// Units and their Hz, the largest first.
const UNITS: [(&str, f64); 4] = [("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0)];

impl Clock {
    /// Cycles in a second.
    pub fn hertz(self) -> f64 {
        self.0
    }
}

impl From<Clock> for f64 {
    fn from(clock: Clock) -> f64 {
        clock.0
    }
}

impl TryFrom<f64> for Clock {
    type Error = &'static str;

    fn try_from(hertz: f64) -> Result<Clock, &'static str> {
        match hertz > 0.0 && hertz <= 1e11 {
            true => Ok(Clock(hertz)),
            false => Err("a frequency is above 0 and at most 100 GHz"),
        }
    }
}

/// `100MHz`, `1.5 GHz`, `50000Hz`.
impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Clock, String> {
        let unit = UNITS.iter().find_map(|(unit, hertz)| {
            let number = text.strip_suffix(unit)?.trim_end();
            Some(number.parse::<f64>().ok()? * hertz)
        });
        let clock = unit.and_then(|hertz| Clock::try_from(hertz).ok());
        clock.ok_or("write a frequency up to 100 GHz as `100MHz`, `1.5GHz` or `32768Hz`".into())
    }
}

/// `100 MHz`.
impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, hertz)| self.0 >= *hertz);
        let (unit, hertz) = unit.unwrap_or(&UNITS[UNITS.len() - 1]);
        write!(f, "{} {unit}", self.0 / hertz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_have_units() {
        for (text, shown) in [
            ("100MHz", "100 MHz"),
            ("1.5 GHz", "1.5 GHz"),
            ("2000kHz", "2 MHz"),
            ("50Hz", "50 Hz"),
        ] {
            assert_eq!(text.parse::<Clock>().unwrap().to_string(), shown);
        }
        for text in [
            "", "MHz", "100", "-1MHz", "0Hz", "1e30GHz", "nanHz", "5 mhz",
        ] {
            assert!(text.parse::<Clock>().is_err(), "{text}");
        }
    }
}
