# /// script
# requires-python = ">=3.10"
# dependencies = ["nibabel==5.4.2", "numpy"]
# ///
"""Small NIfTI files as nibabel writes them, and what nibabel reads out of them.

    uv run scripts/reference/nifti_files.py tests/golden/nifti

Writes the files and `expected.json`: for every file its shape, its affine and its scaled values (i fastest), or the
word `refused` where a file must not be read. Everything is fixed; a second run gives the same bytes.
"""

import gzip
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
expected = {}


def rotation(axis, angle):
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def affine(spacing, turn=np.eye(3), origin=(90.0, 80.0, -70.0)):
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag(spacing)
    matrix[:3, 3] = origin
    return matrix


LPS = np.diag([-1.0, -1.0, 1.0])
OBLIQUE = rotation([1, 2, 3], 0.4) @ LPS
SAGITTAL = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def pack(path):
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    return path.with_name(path.name + ".gz")


def note(path, read=None):
    image = nib.load(read or path)
    values = np.asarray(image.dataobj, dtype=np.float64).astype(np.float32)
    expected[path.name] = {
        "shape": list(image.shape),
        "affine": image.affine[:3].tolist(),
        "values": [None if np.isnan(v) else float(v) for v in values.ravel(order="F")],
    }


def save(name, image, packed=False):
    path = out / name
    nib.save(image, path)
    note(pack(path) if packed else path)


# every type in either byte order, scaled
for kind in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]:
    for order in ["<", ">"]:
        data = np.arange(12, dtype=order + kind).reshape(2, 3, 2)
        header = nib.Nifti1Header(endianness=order)
        image = nib.Nifti1Image(data, affine([2, 2, 5], LPS), header)
        image.set_data_dtype(order + kind)
        image.header.set_slope_inter(0.5, -1.0)
        path = out / f"type_{kind}_{'le' if order == '<' else 'be'}.nii"
        nib.save(image, path)
        # nibabel rescales on saving; put our own scaling into the bytes
        raw = bytearray(path.read_bytes())
        raw[112:120] = np.array([0.5, -1.0], dtype=order + "f4").tobytes()
        path.write_bytes(raw)
        note(pack(path))

data = np.linspace(-3, 3, 24, dtype=np.float32).reshape(2, 3, 4)
data[1, 2, 3] = np.nan


def geometry(name, matrix, sform, qform, klass=nib.Nifti1Image, packed=True):
    image = klass(data, matrix)
    image.set_sform(matrix, sform)
    image.set_qform(matrix, qform)
    save(name, image, packed)


geometry("oblique_both.nii", affine([1.2, 1.3, 4.4], OBLIQUE), 1, 1)
geometry("oblique_sform.nii", affine([1.2, 1.3, 4.4], OBLIQUE), 2, 0)
geometry("oblique_qform.nii", affine([1.2, 1.3, 4.4], OBLIQUE), 0, 1)
geometry("lps_both.nii", affine([1.64, 1.64, 5.0], LPS), 1, 1)
geometry("lps_qform.nii", affine([1.64, 1.64, 5.0], LPS), 0, 1)
geometry("sagittal_both.nii", affine([0.9, 0.9, 4.0], SAGITTAL), 1, 1)
geometry("sagittal_qform.nii", affine([0.9, 0.9, 4.0], SAGITTAL), 0, 1)
geometry("nifti2.nii", affine([1.2, 1.3, 4.4], OBLIQUE), 1, 1, nib.Nifti2Image)
geometry("nifti2_qform.nii", affine([1.2, 1.3, 4.4], OBLIQUE), 0, 1, nib.Nifti2Image)

# an extension moves the voxels
image = nib.Nifti1Image(data, affine([2, 2, 5]))
image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"x" * 100))
save("extension.nii", image)

# 4-D, 5-D
for name, shape in [("four.nii", (2, 3, 2, 3)), ("five.nii", (2, 3, 2, 1, 3))]:
    save(name, nib.Nifti1Image(np.arange(36, dtype=np.int16).reshape(shape), affine([2, 2, 5])), packed=True)

# a slope of NaN, as a header has before nibabel saves it
path = out / "slope_nan.nii"
nib.save(nib.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), affine([2, 2, 5])), path)
raw = bytearray(path.read_bytes())
raw[112:120] = np.array([np.nan, np.nan], dtype="<f4").tobytes()
path.write_bytes(raw)
note(path)

# a pair
nib.save(nib.Nifti1Pair(data, affine([2, 2, 5], LPS)), out / "pair.img")
note(out / "pair.img")
expected["pair.hdr"] = expected["pair.img"]

# two gzip members
path = out / "members.nii"
nib.save(nib.Nifti1Image(data, affine([2, 2, 5])), path)
whole = path.read_bytes()
path.unlink()
path = out / "members.nii.gz"
path.write_bytes(gzip.compress(whole[:360], mtime=0) + gzip.compress(whole[360:], mtime=0))
note(path)

# what must not be read
for name, kind in [("complex64.nii", np.complex64), ("complex128.nii", np.complex128)]:
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), kind), affine([2, 2, 5])), out / name)
    expected[pack(out / name).name] = "refused"

(out / "expected.json").write_text(json.dumps(expected, indent=None, separators=(",", ":"), sort_keys=True) + "\n")
