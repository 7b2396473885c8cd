#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "scipy", "nibabel"]
# ///
"""Writes a simulated sagittal lumbar spine as complex multi-echo images with their truth, for `score_fat_water.py`.

usage: simulate_spine.py PREFIX [--seed 1] [--n 256] [--slices 24] [--snr 30] [--field-t 3] [--echo-times-ms 1.2,2.2,...]
                         [--bipolar RAD] [--metal] [--fat-model hernando-6]

PREFIX_part-mag, _part-phase (radians), .json; truth: _PDFF (%), _R2star (1/s), _B0 (Hz), _dseg (20-29 vertebrae, 50 lesions,
60-70 bars of 0, 10 ... 100 %), _tissue. Axes: x anterior to posterior, y cranial to caudal (the direction of the field), z
right to left; voxels of 1 x 1 x 4 mm at n = 256. s(t) = (W + F a(t)) exp(i phi0 + i 2 pi psi t - R2* t), fat below water. The
field is that of the air around and inside the body (dipole convolution, a second-order shim taken off) and a smooth rest.
Everything in it is simulated; nothing is shared with the Rust code.
"""
import argparse
import json

import nibabel
import numpy as np
from scipy import ndimage

SPECTRA = {  # ppm from water, amplitudes: ISMRM fat-water toolbox; Ren 2008, doi:10.1194/jlr.D700041-JLR200
    "hernando-6": ([-3.80, -3.40, -2.60, -1.94, -0.39, 0.60], [0.087, 0.693, 0.128, 0.004, 0.039, 0.048]),
    "ren-marrow-9": (
        [-3.80, -3.40, -3.10, -2.68, -2.46, -1.95, -0.50, 0.49, 0.59],
        [0.0899, 0.5834, 0.0599, 0.0849, 0.0599, 0.0150, 0.0400, 0.0100, 0.0570],
    ),
}
GAMMA = 42.577478  # MHz/T
AIR_PPM, METAL_PPM = 9.4, 180.0  # susceptibility against tissue
VERTEBRA_FAT = [0.55, 0.30, 0.38, 0.45, 0.20, 0.60, 0.05, 0.33, 0.5]
VERTEBRA_R2STAR = [90, 110, 130, 150, 100, 70, 60, 180, 120]
LESIONS = [(0, 98, 0, 6, 0.04), (-6, 170, 8, 5, 0.08), (5, 60, -8, 4, 0.02), (0, 206, 4, 7, 0.10)]  # x, y, z, radius, fat


class Body:
    """Proton density, fat fraction, R2* (1/s) and labels on the grid."""

    def __init__(self, n, slices, rng):
        self.scale = n / 256.0
        across = np.arange(n) / self.scale
        self.x, self.y, self.z = np.meshgrid(across, across, (np.arange(slices) - (slices - 1) / 2) * 4.0, indexing="ij")
        shape = self.x.shape
        self.density, self.fat = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.r2star, self.label = np.full(shape, 30, np.float32), np.zeros(shape, np.int16)
        self.fill(rng)

    def put(self, where, fat, r2star, density, label):
        self.fat[where] = fat if np.isscalar(fat) else fat[where]
        self.r2star[where] = r2star if np.isscalar(r2star) else r2star[where]
        self.density[where] = density
        self.label[where] = label

    def texture(self, rng, sigma):
        field = ndimage.gaussian_filter(rng.standard_normal(self.x.shape), sigma)
        return field

    def fill(self, rng):
        x, y, z, s = self.x, self.y, self.z, self.scale
        self.body = ((x - 128) / 112.0) ** 2 + (z / 70.0) ** 2 < 1.02
        grain = self.texture(rng, (2 * s, 2 * s, 0.7)).astype(np.float32)
        grain /= grain.std()
        self.put(self.body, 0.92, 35, 1.0, 1)  # subcutaneous and visceral fat
        visceral = self.body & (x > 28) & (x < 120) & (np.abs(z) < 58)
        blobs = self.texture(rng, (6 * s, 6 * s, 2))
        blobs /= blobs.std()
        self.put(visceral & (blobs > 0.1), 0.04, 35, 0.95, 2)  # bowel and organs
        muscle = self.body & (x > 165) & (x < 222) & (np.abs(z) > 6)
        self.put(muscle, np.clip(0.07 + 0.02 * grain, 0, 1).astype(np.float32), 30, 0.9, 3)
        self.put(muscle & (np.abs(blobs) < 0.03), 0.8, 35, 0.95, 4)  # fat between muscles
        psoas = self.body & (((x - 150) / 26) ** 2 + ((np.abs(z) - 32) / 14.0) ** 2 < 1)
        self.put(psoas, 0.04, 32, 0.9, 3)
        self.spine(grain)
        self.air = ~self.body | (visceral & (blobs < -1.75)) | (self.body & (y < 26) & (x < 112))  # around, gas, lung

    def spine(self, grain):
        x, y, z = self.x, self.y, self.z
        self.centre = centre = 140 + 10 * np.sin((y - 30) / 256 * np.pi * 1.3)  # lordosis
        self.put((np.abs(x - (centre + 27)) < 9) & (np.abs(z) < 11), 0.0, 20, 1.1, 5)  # canal
        self.put((np.abs(x - (centre + 26)) < 4) & (np.abs(z) < 5) & (y < 90), 0.0, 25, 0.9, 6)  # cord
        self.put((np.abs(x - (centre + 38)) < 3) & (np.abs(z) < 8), 0.9, 35, 1.0, 7)  # epidural fat
        for k in range(-1, 8):
            top = -8 + k * 36.0
            vertebra = (np.abs(x - centre) < 17) & (np.abs(y - (top + 18)) < 12.5) & (np.abs(z) < 20)
            disc = (np.abs(x - centre) < 17) & (np.abs(y - (top + 36)) < 5.5) & (np.abs(z) < 19)
            self.put(disc, 0.01, 25, 1.0, 8)
            if not vertebra.any():
                continue
            fat, r2star = VERTEBRA_FAT[(k + 1) % 9], VERTEBRA_R2STAR[(k + 1) % 9]
            marrow = np.clip(fat + 0.03 * grain, 0, 1).astype(np.float32)
            decay = np.clip(r2star + 8 * grain, 20, 250).astype(np.float32)
            self.put(vertebra, marrow, decay, 0.55 if fat > 0.04 else 0.6, 20 + k + 1)
            process = (np.abs(x - (centre + 52)) < 9) & (np.abs(y - (top + 22)) < 7) & (np.abs(z) < 5)
            self.put(process, 0.5, 120, 0.5, 40)
        for dx, at_y, at_z, radius, fat in LESIONS:
            ball = (x - (centre + dx)) ** 2 + (y - at_y) ** 2 + (z - at_z) ** 2 < radius * radius
            self.put(ball & (self.label >= 20) & (self.label < 30), fat, 60, 0.7, 50)
        for i in range(11):  # bars of known fat fraction behind the back, R2* 20 to 200 within each
            bar = (x > 226) & (x < 238) & (y > 10 + i * 21) & (y < 28 + i * 21) & self.body
            self.put(bar, i / 10.0, (20 + 180 * ((y - (10 + i * 21)) / 18.0)).astype(np.float32), 1.0, 60 + i)
        cortex = np.zeros_like(self.body)
        for label in range(20, 30):
            vertebra = self.label == label
            if vertebra.any():
                cortex |= vertebra & ~ndimage.binary_erosion(vertebra, iterations=1, border_value=1)
        self.put(cortex, 0.2, 200, 0.12, 41)

    def screws(self):
        x, y, z = self.x, self.y, self.z
        return (np.abs(x - (self.centre + 18)) < 34) & (np.abs(y - 134) < 3.2) & (np.abs(np.abs(z) - 14) < 3)


def field_hz(body, metal, field_t, voxel_mm, rng):
    """Field of the air and the metal, less a second-order shim over tissue, and a smooth rest of up to 150 Hz at 3 T."""
    n, _, slices = body.x.shape
    chi = np.where(body.air | ~body.body, AIR_PPM * 1e-6, 0).astype(np.float32)
    chi[metal] = METAL_PPM * 1e-6
    padded = np.pad(chi, [(n // 2, n // 2), (n // 2, n // 2), (slices, slices)], mode="edge")
    kx, ky, kz = np.meshgrid(*(np.fft.fftfreq(m, d) for m, d in zip(padded.shape, voxel_mm)), indexing="ij", sparse=True)
    squared = kx**2 + ky**2 + kz**2
    squared[0, 0, 0] = 1
    dipole = 1 / 3.0 - ky**2 / squared
    hz = np.fft.ifftn(np.fft.fftn(padded) * dipole).real[n // 2 : n // 2 + n, n // 2 : n // 2 + n, slices : 2 * slices]
    hz = hz * GAMMA * 1e6 * field_t
    x, y, z = (body.x - 128) / 128, (body.y - 128) / 128, body.z / 48
    tissue = body.density > 0
    terms = np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x, y * y, z * z], -1)
    sample = rng.choice(np.flatnonzero(tissue), 20000, replace=False)
    hz = hz - terms @ np.linalg.lstsq(terms.reshape(-1, 10)[sample], hz.ravel()[sample], rcond=None)[0]
    rest = 70 * x - 55 * y + 45 * z + 60 * x * y - 50 * y * y + 45 * x * x * z + 35 * np.sin(2.4 * y + 1) * np.cos(1.5 * x)
    rest *= 150 / np.abs(rest[tissue]).max() * field_t / 3
    return (hz + rest).astype(np.float32)


def echoes(body, hz, times_s, options, rng):
    shifts, amplitudes = SPECTRA[options.fat_model]
    hertz = np.array(shifts) * GAMMA * options.field_t
    amplitudes = np.array(amplitudes) / np.sum(amplitudes)
    x, y, z = (body.x - 128) / 128, (body.y - 128) / 128, body.z / 48
    coil = (0.45 + 0.9 * (body.x / 256.0) ** 1.5).astype(np.float32)
    phase0 = (1.2 * x - 0.8 * y + 0.6 * z * x + 0.9 * np.sin(1.7 * y)).astype(np.float32)
    signal = np.empty((*body.x.shape, len(times_s)), np.complex64)
    for n, t in enumerate(times_s):
        phase = phase0 + 2 * np.pi * hz * t
        if options.bipolar:
            phase = phase + (1 if n % 2 else -1) * (options.bipolar * (0.5 + x))
        fat = np.sum(amplitudes * np.exp(2j * np.pi * hertz * t))
        mixed = (1 - body.fat) + body.fat * fat
        signal[..., n] = body.density * coil * mixed * np.exp(-body.r2star * t) * np.exp(1j * phase)
    marrow = (body.label >= 20) & (body.label < 30)
    sigma = np.abs(signal[..., 0])[marrow].mean() / options.snr
    noise = rng.standard_normal(signal.shape) + 1j * rng.standard_normal(signal.shape)
    return signal + (sigma * noise).astype(np.complex64)


def save(prefix, name, values, voxel_mm):
    image = nibabel.Nifti1Image(values, np.diag([*voxel_mm, 1.0]))
    image.header.set_xyzt_units("mm", "sec")
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, 1)
    nibabel.save(image, f"{prefix}_{name}.nii.gz")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prefix")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=256, help="voxels along x and y")
    parser.add_argument("--slices", type=int, default=24)
    parser.add_argument("--snr", type=float, default=30, help="of marrow in the first echo")
    parser.add_argument("--field-t", type=float, default=3.0)
    parser.add_argument("--echo-times-ms", default="1.2,2.2,3.2,4.2,5.2,6.2")
    parser.add_argument("--bipolar", type=float, default=0, metavar="RAD", help="odd/even phase over half the field of view")
    parser.add_argument("--metal", action="store_true", help="two steel screws")
    parser.add_argument("--fat-model", choices=SPECTRA, default="hernando-6")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    body = Body(options.n, options.slices, rng)
    metal = body.screws() if options.metal else np.zeros_like(body.body)
    body.density[body.air | metal] = 0
    body.fat[body.air | metal] = 0
    body.label[body.air] = 0
    voxel_mm = [1 / body.scale, 1 / body.scale, 4.0]
    hz = field_hz(body, metal, options.field_t, voxel_mm, rng)
    times_ms = [float(t) for t in options.echo_times_ms.split(",")]
    signal = echoes(body, hz, [t * 1e-3 for t in times_ms], options, rng)
    maps = {
        "part-mag": np.abs(signal).astype(np.float32),
        "part-phase": np.angle(signal).astype(np.float32),
        "PDFF": 100 * body.fat,
        "R2star": body.r2star,
        "B0": hz,
        "dseg": body.label,
        "tissue": (body.density > 0).astype(np.uint8),
    }
    for name, values in maps.items():
        save(options.prefix, name, values, voxel_mm)
    facts = {"EchoTime": [t * 1e-3 for t in times_ms], "MagneticFieldStrength": options.field_t, "Units": "rad", "Simulated": True}
    with open(f"{options.prefix}.json", "w") as file:
        json.dump(facts, file, indent=1)


if __name__ == "__main__":
    main()
