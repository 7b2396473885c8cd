"""Small ONNX networks whose answers are known, for the tests of `segment`; and a comparison of a random 3-D U-Net with
onnxruntime.

    pip install onnx
    python scripts/reference/onnx_networks.py write tests/cli/networks
    pip install onnxruntime nibabel
    python scripts/reference/onnx_networks.py compare target/release/myelomri   # a build with --features segment

`compare` prints the share of voxels whose label is that of onnxruntime (argmax of the same scores) and the seconds of both.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def save(path, nodes, weights, shape_in, shape_out, inputs=("x",), domain=None):
    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes,
        "g",
        [tensor(name, shape_in) for name in inputs],
        [tensor("y", shape_out)],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", 13)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8
    onnx.save(model, path)


def convolution(weight, bias, **attributes):
    return [helper.make_node("Conv", ["x", "w", "b"], ["y"], **attributes)], {"w": weight, "b": bias}


def write(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    volume = lambda n: [1, n, "a", "b", "c"]
    # scores 0 and x - 10: class 1 where x > 10
    nodes, weights = convolution(np.reshape([0.0, 1.0], (2, 1, 1, 1, 1)), [0.0, -10.0])
    save(folder / "threshold.onnx", nodes, weights, volume(1), volume(2))
    # the same of pieces of 8 x 8 x 8 alone
    save(folder / "fixed.onnx", nodes, weights, [1, 1, 8, 8, 8], [1, 2, 8, 8, 8])
    # scores 10 and the mean of 3 x 3 x 3 voxels, zeros outside
    nodes, weights = convolution(
        np.stack([np.zeros((1, 3, 3, 3)), np.full((1, 3, 3, 3), 1 / 27)]), [10.0, 0.0], pads=[1] * 6
    )
    save(folder / "mean.onnx", nodes, weights, volume(1), volume(2))
    # slices of two images: logit of their difference
    nodes, weights = convolution(np.reshape([1.0, -1.0], (1, 2, 1, 1)), [0.0])
    save(folder / "slices.onnx", nodes, weights, [1, 2, "a", "b"], [1, 1, "a", "b"])
    # the logarithm of negative numbers is none
    nodes = [helper.make_node("Log", ["x"], ["y"])]
    save(folder / "logarithm.onnx", nodes, {}, volume(1), volume(1))
    # half the voxels along each axis
    nodes = [helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2] * 3, strides=[2] * 3)]
    save(folder / "halved.onnx", nodes, {}, volume(1), [1, 1, "d", "e", "f"])
    # an operator that nobody knows
    nodes = [helper.make_node("Wobble", ["x"], ["y"], domain="some.where")]
    save(folder / "unknown.onnx", nodes, {}, volume(1), volume(1), domain="some.where")
    # two inputs
    nodes = [helper.make_node("Add", ["x", "z"], ["y"])]
    save(folder / "two_inputs.onnx", nodes, {}, volume(1), volume(1), inputs=("x", "z"))


def unet(path, rng):
    """Random weights: two levels, instance normalisation, transposed convolution, skip connection, 3 classes."""
    nodes, weights = [], {}

    def conv(x, out, n_in, n_out, k=3):
        weights[out + "w"] = rng.normal(0, (n_in * k**3) ** -0.5, (n_out, n_in, k, k, k))
        weights[out + "b"] = rng.normal(0, 0.1, n_out)
        nodes.append(helper.make_node("Conv", [x, out + "w", out + "b"], [out], pads=[k // 2] * 6))
        return out

    def block(x, name, n_in, n_out):
        conv(x, name + "c", n_in, n_out)
        weights[name + "s"], weights[name + "t"] = np.ones(n_out), np.zeros(n_out)
        nodes.append(helper.make_node("InstanceNormalization", [name + "c", name + "s", name + "t"], [name + "n"]))
        nodes.append(helper.make_node("LeakyRelu", [name + "n"], [name], alpha=0.01))
        return name

    first = block("x", "e1", 1, 8)
    nodes.append(helper.make_node("MaxPool", [first], ["p"], kernel_shape=[2] * 3, strides=[2] * 3))
    block("p", "e2", 8, 16)
    weights["uw"], weights["ub"] = rng.normal(0, 0.2, (16, 8, 2, 2, 2)), np.zeros(8)
    nodes.append(helper.make_node("ConvTranspose", ["e2", "uw", "ub"], ["u"], strides=[2] * 3))
    nodes.append(helper.make_node("Concat", ["u", first], ["j"], axis=1))
    block("j", "d1", 16, 8)
    conv("d1", "y", 8, 3, k=1)
    save(path, nodes, weights, [1, 1, "a", "b", "c"], [1, 3, "a", "b", "c"])


def compare(program):
    import nibabel
    import onnxruntime

    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        unet(folder / "unet.onnx", rng)
        data = rng.normal(100, 30, (64, 64, 64)).astype(np.float32)
        nibabel.save(nibabel.Nifti1Image(data, np.diag([-1.5, -1.5, 3, 1])), folder / "image.nii.gz")
        (folder / "unet.toml").write_text(
            'channels = ["x"]\naxes = "kji"\nnormalise = { method = "z-score", over = "all" }\n'
            'classes = [{ name = "background", label = 0 }, { name = "a", label = 1 }, { name = "b", label = 2 }]\n'
            '[output]\nkind = "scores"\n'
        )
        start = time.time()
        subprocess.run(
            [program, "segment", folder / "image.nii.gz", "--model", folder / "unet.onnx", "-o", folder / "own", "--threads", "1"],
            check=True,
        )
        own_s = time.time() - start
        own = np.asarray(nibabel.load(folder / "own_dseg.nii.gz").dataobj)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(folder / "unet.onnx"), options)
        seen = ((data - data.mean()) / data.std()).transpose(2, 1, 0)[None, None]
        start = time.time()
        scores = session.run(None, {"x": seen.astype(np.float32)})[0][0]
        other_s = time.time() - start
    other = scores.argmax(0).transpose(2, 1, 0)
    print(f"same label in {100 * (own == other).mean():.4f} % of {own.size} voxels, classes {np.bincount(other.ravel())}")
    lead = np.sort(scores, 0)
    lead = (lead[-1] - lead[-2]).transpose(2, 1, 0)
    if (own != other).any():
        print(f"largest lead of the winning score where they differ: {lead[own != other].max():.2e}")
    print(f"seconds: {own_s:.2f} with reading and writing, onnxruntime {other_s:.2f} for the network alone")


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](sys.argv[2])
