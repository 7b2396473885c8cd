# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel"]
# ///
"""Whether composing keeps volume: the body and its bright voxels before and after, slices in the overlap counted once.

    python3 scripts/composing.py target/release/myelomri STUDY

Takes the stations of every session of a (simulated) study, composes them with `--harmonise overlap`, and compares the
volume above two thresholds at the lowest b-value with that of the stations laid side by side by NumPy at half of each
overlap, each scaled to the first by the ratio of sums in its overlap. Both are then brought to one level by the ratio of their sums:
which station is the reference is a choice. Scanners store whole numbers, so that a threshold between two of them may part a few
percent of the voxels when the level moves by a tenth of a percent; both images therefore get uniform noise of one unit first.
"""

import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy


def side_by_side(images):
    """The stations cut at the middle of their overlaps: (data, position of the slice along z), superior first."""
    images = sorted(images, key=lambda image: -image.affine[2, 3])
    step = images[0].affine[2, 2]
    first = [round((image.affine[2, 3] - images[-1].affine[2, 3]) / step) for image in images]
    data = [numpy.asarray(image.dataobj, dtype="float64")[..., 0] for image in images]
    for upper in range(len(data) - 1):
        shared = first[upper + 1] + data[upper + 1].shape[2] - first[upper]
        a, b = data[upper][:, :, :shared], data[upper + 1][:, :, -shared:]
        both = (a > numpy.percentile(a, 75)) & (b > 0)
        data[upper + 1] = data[upper + 1] * a[both].sum() / b[both].sum()
        # half of the shared slices stay with either station
        data[upper] = data[upper][:, :, shared // 2 :]
        data[upper + 1] = data[upper + 1][:, :, : data[upper + 1].shape[2] - (shared - shared // 2)]
    return numpy.concatenate(data[::-1], axis=2)


def main(program, study):
    worst = 0.0
    for folder in sorted(pathlib.Path(study).glob("sub-*/ses-*/dwi")):
        stations = sorted(folder.glob("*_chunk-*_dwi.nii.gz"))
        whole = side_by_side([nibabel.load(station) for station in stations])
        with tempfile.TemporaryDirectory() as out:
            command = [program, "compose", *map(str, stations), "--harmonise", "overlap", "-o", f"{out}/c", "-q"]
            subprocess.run(command, check=True, capture_output=True)
            composed = numpy.asarray(nibabel.load(f"{out}/c_dwi.nii.gz").dataobj)[..., 0]
        if composed.shape != whole.shape:
            sys.exit(f"{folder}: composed {composed.shape}, stations side by side {whole.shape}")
        inside = (whole > numpy.percentile(whole, 75)) & (composed > 0)
        composed = composed * whole[inside].sum() / composed[inside].sum()
        random = numpy.random.default_rng(1)
        whole, composed = (image + random.uniform(-0.5, 0.5, image.shape) for image in (whole, composed))
        for name, level in (("body", 0.25), ("bright", 2.0)):
            threshold = level * numpy.median(whole[whole > 0])
            before, after = (whole > threshold).sum(), (composed > threshold).sum()
            worst = max(worst, abs(100 * (after / before - 1)))
            print(f"{folder.parts[-3]} {folder.parts[-2]:9} {name:6} {100 * (after / before - 1):+.3f} %")
    print(f"largest deviation {worst:.3f} %")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
