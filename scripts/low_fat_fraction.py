# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel"]
# ///
"""Noise bias of the signal fat fraction where there is little fat.

    python3 scripts/low_fat_fraction.py target/release/myelomri 40

Makes water and fat magnitudes with Rician noise (standard deviation 1, water + fat = the given SNR), one label a true
fat fraction, runs `ff` on them and prints the bias. Magnitudes cannot be negative, so a fat signal under the noise reads
high: an inherent bias of magnitude images, not of an estimator.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy

TRUTH = [0.0, 1.0, 2.0, 5.0, 10.0]  # one lumbar level each
L1 = 41  # TotalSpineSeg: L1 to L5 are 41 to 45


def main(program, snr):
    rng = numpy.random.default_rng(1)
    shape = (40, 40, 5 * 40)
    label = L1 + 4 - numpy.arange(shape[2]) // 40
    labels = numpy.broadcast_to(label, shape).astype("int16")
    fraction = numpy.array(TRUTH)[labels - L1] / 100
    noisy = lambda s: numpy.abs(s + rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype("float32")
    affine = numpy.eye(4)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        images = {"water": noisy(snr * (1 - fraction)), "fat": noisy(snr * fraction), "labels": labels}
        for name, data in images.items():
            nibabel.save(nibabel.Nifti1Image(data, affine), folder / f"{name}.nii.gz")
        file = lambda name: str(folder / f"{name}.nii.gz")
        command = [program, "ff", "--water", file("water"), "--fat", file("fat"), "--labels", file("labels")]
        command += ["--scheme", "totalspineseg", "--region", "L1,L2,L3,L4,L5", "--format", "json", "-q"]
        regions = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["regions"]
    for region, truth in zip(regions, TRUTH):
        print(f"SNR {snr:g}  FF {truth:4.1f} %  mean {region['mean']:6.2f} %  bias {region['mean'] - truth:+.2f} points")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], float(sys.argv[2]))
