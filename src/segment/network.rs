//! An ONNX network, run by tract.

use super::settings::Axes;
use super::{Network, SegmentError};
use ndarray::Array4;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

/// The library that runs it, with its version.
pub(super) const ENGINE: &str = "tract-onnx 0.23.9";

/// A network of one input `[1, channels, axes...]` and one output `[1, classes, axes...]`, f32.
pub struct OnnxNetwork {
    model: InferenceModel,
    file: String,
    axes: Axes,
    /// Side of a piece that is fixed in the network.
    fixed: [Option<usize>; 3],
    plan: Mutex<Option<([usize; 4], Arc<TypedRunnableModel>)>>,
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxNetwork").field("file", &self.file).field("fixed", &self.fixed).finish_non_exhaustive()
    }
}

impl OnnxNetwork {
    /// The network in these bytes of a file, for images of so many channels.
    ///
    /// # Errors
    /// [`SegmentError::NotOnnx`], [`SegmentError::Operators`], [`SegmentError::Shape`] where its input is another.
    pub fn read(bytes: &[u8], file: &str, axes: Axes, n_channels: usize) -> Result<OnnxNetwork, SegmentError> {
        let not_onnx = |reason: String| SegmentError::NotOnnx { file: file.to_owned(), reason };
        let read = quietly(|| {
            let mut bytes = bytes;
            tract_onnx::onnx().with_ignore_output_shapes(true).model_for_read(&mut bytes)
        });
        let model = read.map_err(not_onnx)?;
        let (n_inputs, n_outputs) = (model.inputs.len(), model.outputs.len());
        if n_inputs != 1 || n_outputs != 1 || model.nodes().len() < 2 {
            return Err(not_onnx(format!(
                "it has {n_inputs} inputs and {n_outputs} outputs, {} nodes",
                model.nodes().len()
            )));
        }
        let unknown: std::collections::BTreeSet<String> =
            model.nodes().iter().filter_map(|node| unimplemented(&node.op.name())).collect();
        if !unknown.is_empty() {
            let operators = unknown.into_iter().collect::<Vec<_>>().join(", ");
            return Err(SegmentError::Operators { file: file.to_owned(), operators });
        }
        let fact = model.input_fact(0).map_err(|error| not_onnx(in_one_line(&error)))?;
        let sides: Vec<Option<usize>> =
            fact.shape.dims().map(|side| side.concretize().and_then(|side| side.to_usize().ok())).collect();
        let shape = |what, network: String, other: String| Err(SegmentError::Shape { what, network, other });
        if fact.shape.rank().concretize().is_some_and(|rank| rank as usize != axes.n() + 2) {
            let other = format!("axes = \"{}\" names {}", String::from(axes), axes.n());
            return shape("axes", format!("{} behind batch and channel", sides.len().saturating_sub(2)), other);
        }
        if let Some(Some(channels)) = sides.get(1).filter(|side| side.is_some_and(|n| n != n_channels)) {
            return shape("channels", channels.to_string(), format!("the settings name {n_channels}"));
        }
        let mut fixed = [None, None, None];
        for (fixed, side) in fixed.iter_mut().zip(sides.iter().skip(2)) {
            *fixed = *side;
        }
        if axes.n() == 2 {
            fixed[2] = Some(1);
        }
        Ok(OnnxNetwork { model, file: file.to_owned(), axes, fixed, plan: Mutex::new(None) })
    }

    /// The network made ready for one size; pieces of one image have one.
    fn plan_for(&self, size: [usize; 4]) -> Result<Arc<TypedRunnableModel>, String> {
        let mut kept = self.plan.lock().map_err(|_| "it failed before".to_owned())?;
        if let Some((_, plan)) = kept.as_ref().filter(|(known, _)| *known == size) {
            return Ok(plan.clone());
        }
        let mut shape = vec![1, size[0]];
        shape.extend(&size[1..=self.axes.n()]);
        let plan = quietly(|| {
            let model = self.model.clone().with_input_fact(0, f32::fact(&shape).into())?;
            model.into_optimized()?.into_runnable()
        })?;
        *kept = Some((size, plan.clone()));
        Ok(plan)
    }
}

impl Network for OnnxNetwork {
    fn fixed(&self) -> [Option<usize>; 3] {
        self.fixed
    }

    fn run(&self, piece: Array4<f32>) -> Result<Array4<f32>, SegmentError> {
        let size: [usize; 4] = std::array::from_fn(|axis| piece.shape()[axis]);
        let described = size[1..=self.axes.n()].iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        let failed = |reason: String| SegmentError::Run { piece: described.clone(), reason };
        let plan = self.plan_for(size).map_err(&failed)?;
        let mut shape: TVec<usize> = tvec!(1, size[0], size[1], size[2]);
        if self.axes.n() == 3 {
            shape.push(size[3]);
        }
        let (values, _) = piece.into_raw_vec_and_offset();
        let input = Tensor::from_shape(&shape, &values).map_err(|error| failed(in_one_line(&error)))?;
        let answer = plan.run(tvec!(input.into())).map_err(|error| failed(in_one_line(&error)))?;
        let answer = answer.into_iter().next().ok_or_else(|| failed("it gave no answer".to_owned()))?;
        let answer = answer.cast_to::<f32>().map_err(|error| failed(in_one_line(&error)))?;
        let found = answer.shape().to_vec();
        let other = || SegmentError::Shape {
            what: "shape of the answer",
            network: format!("{found:?}"),
            other: format!("[1, classes, {described}] is needed"),
        };
        if found.len() != self.axes.n() + 2 || found[0] != 1 {
            return Err(other());
        }
        let last = if self.axes.n() == 3 { found[4] } else { 1 };
        let values = answer.view();
        let values = values.as_slice::<f32>().map_err(|error| failed(in_one_line(&error)))?.to_vec();
        Array4::from_shape_vec((found[1], found[2], found[3], last), values).map_err(|_| other())
    }
}

/// The operator that a node of an unknown one stands for.
fn unimplemented(name: &str) -> Option<String> {
    let inner = name.strip_prefix("Unimplemented(")?;
    Some(inner.trim_end_matches(')').to_owned())
}

/// Runs what may panic on a file that is not what it should be, and says so in words.
fn quietly<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let done = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(in_one_line(&error)),
        Err(_) => Err("it is damaged or holds what is not expected".to_owned()),
    }
}

/// Causes joined, the innermost last, cut to what fits a line.
fn in_one_line(error: &TractError) -> String {
    let all: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    let text = all.join(": ");
    match text.char_indices().nth(240) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_built_in() {
        let (name, version) = ENGINE.split_once(' ').unwrap();
        let lock = include_str!("../../Cargo.lock").replace("\r\n", "\n");
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")));
    }
}
