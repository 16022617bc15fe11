//! What quantization changes: noise of each tensor, and answers that are right.

use super::QuantizeError;
use super::insert::Inserted;
use super::network::Network;
use super::progress::Progress;
use super::run::Run;
use super::samples::Samples;
use ndarray::ArrayD;

/// Energy of a tensor and of what quantization adds to it.
#[derive(Clone, Copy, Debug, Default)]
struct Noise {
    signal: f64,
    noise: f64,
}

impl Noise {
    fn add(&mut self, wanted: &ArrayD<f32>, found: &ArrayD<f32>) {
        for (wanted, found) in wanted.iter().zip(found) {
            self.signal += f64::from(*wanted).powi(2);
            self.noise += f64::from(wanted - found).powi(2);
        }
    }

    /// In decibels, at least -100; none where there is no noise.
    fn ratio(&self) -> Option<f64> {
        let ratio = 10.0 * (self.signal / self.noise).log10();
        (self.noise > 0.0).then_some(ratio.max(-100.0))
    }
}

/// Ratio of signal and noise of each of these tensors in decibels, over so many samples; none where there is no noise.
pub(super) fn ratios(
    network: &Network,
    quantized: &Inserted,
    tensors: &[String],
    (samples, count): (&Samples, usize),
    progress: &mut Progress,
) -> Result<Vec<Option<f64>>, QuantizeError> {
    let after = tensors
        .iter()
        .map(|tensor| match quantized.names.get(tensor) {
            Some([_, after]) => after.clone(),
            None => tensor.clone(),
        });
    let after = Vec::from_iter(after);
    let wanted = Run::new(network, samples)?;
    let found = Run::new(&quantized.network, samples)?;
    let mut noises = vec![Noise::default(); tensors.len()];
    for sample in 0..samples.len().min(count) {
        let wanted = wanted.tensors(sample, tensors)?;
        let found = found.tensors(sample, &after)?;
        for (noise, (wanted, found)) in noises.iter_mut().zip(wanted.iter().zip(&found)) {
            noise.add(wanted, found);
        }
        progress.step()?;
    }
    Ok(noises.iter().map(Noise::ratio).collect())
}

/// How many samples a network gives the right class for: that of the largest value of its first output, the lowest
/// on a tie.
pub(super) fn correct(
    network: &Network,
    samples: &Samples,
    labels: &[i64],
    progress: &mut Progress,
) -> Result<usize, QuantizeError> {
    let run = Run::new(network, samples)?;
    let output = Vec::from_iter(network.graph().output.first().map(|of| of.name.clone()));
    let mut correct = 0;
    for (sample, label) in labels.iter().enumerate() {
        let tensors = run.tensors(sample, &output)?;
        let values = tensors.iter().flatten().enumerate();
        let best = values.reduce(|best, next| if next.1 > best.1 { next } else { best });
        correct += usize::from(best.is_some_and(|(class, _)| class as i64 == *label));
        progress.step()?;
    }
    Ok(correct)
}
