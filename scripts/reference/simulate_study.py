#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy", "nibabel"]
# ///
"""Writes a small simulated study in the layout of `myelomri run`, independently of `myelomri simulate`.

usage: simulate_study.py OUT [--subjects 3] [--snr 40 | --noise-free] [--seed 1]

For cross-checks: an estimator and a simulator in one program can share a wrong sign or ppm. Written from the papers, not
from the Rust code: elliptic vertebrae in a row, cosine body, its own fat table (Ren 2008, doi:10.1194/jlr.D700041-JLR200,
relative to water at 4.70 ppm), its own random numbers. Everything in it is simulated.
"""
import argparse
import csv
import json
from pathlib import Path

import nibabel as nib
import numpy as np

# methyl ... olefinic proton, ppm from TMS and relative amounts; water at 4.70
PEAKS = np.array([(0.90, 8.991), (1.30, 58.342), (1.60, 5.994), (2.02, 8.492), (2.24, 5.994), (2.75, 1.499),
                  (4.20, 3.996), (5.19, 0.999), (5.29, 5.694)])
B0, GAMMA = 3.0, 42.577478518
TR, FLIP = 0.008, np.deg2rad(5.0)
B = np.array([50.0, 400.0, 900.0])


def fat_spectrum(te):
    """Relative signal of fat `te` seconds after excitation in the frame of water."""
    hertz = (PEAKS[:, 0] - 4.70) * GAMMA * B0
    return (PEAKS[:, 1] / PEAKS[:, 1].sum() * np.exp(2j * np.pi * hertz * te)).sum()


def ernst(t1):
    e = np.exp(-TR / t1)
    return (1 - e) / (1 - np.cos(FLIP) * e)


def save(path, data, affine, sidecar=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    nib.save(image, path)
    if sidecar is not None:
        Path(str(path).replace(".nii.gz", ".json")).write_text(json.dumps(dict(sidecar, Simulated=True)))


def lattice(shape, affine, sub):
    """World positions of the sub-voxels, one array per offset."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    for offset in np.ndindex(sub, sub, sub):
        yield (index + (np.array(offset) + 0.5) / sub - 0.5) @ affine[:3, :3].T + affine[:3, 3]


ILIUM = np.array([80.0, -20.0, -60.0])


def tissue_of(p, lesions):
    """0 air, 1 fat, 2 muscle, 3 disc, 11-15 marrow of L1-L5, 16 marrow of the ilium, 20+ lesions."""
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    out = np.zeros(p.shape[:-1], np.int16)
    out[(x / 150) ** 2 + (y / 100) ** 2 < 1] = 1
    out[((x / 138) ** 2 + (y / 88) ** 2 < 1)] = 2
    column = (x / 25) ** 2 + ((y + 30) / 18) ** 2 < 1
    out[column & (np.abs(z) < 96)] = 3
    for level in range(1, 6):
        out[column & (np.abs(z - (3 - level) * 38) < 14)] = 10 + level
    out[((p - ILIUM) ** 2).sum(-1) < 30**2] = 16
    for n, (centre, radius, *_) in enumerate(lesions):
        out[((p - centre) ** 2).sum(-1) < radius**2] = 20 + n
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--subjects", type=int, default=3)
    parser.add_argument("--snr", type=float, default=40.0)
    parser.add_argument("--noise-free", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    rng, root, truth, clinic = np.random.default_rng(a.seed), Path(a.out), [], []
    root.mkdir(parents=True)
    sigma = 0.0 if a.noise_free else 1.0 / a.snr
    noisy = lambda s: np.abs(s + sigma * (rng.standard_normal(s.shape) + 1j * rng.standard_normal(s.shape))) * (np.abs(s) > 0)
    dixon = np.array([[0, 0, -4.0, 14], [-2.0, 0, 0, 32], [0, -2.0, 0, 119], [0, 0, 0, 1.0]])
    body = np.array([[-2.5, 0, 0, 158.75], [0, -2.5, 0, 108.75], [0, 0, 3.0, -118.5], [0, 0, 0, 1.0]])
    for subject in range(1, a.subjects + 1):
        fat0, ratio = rng.uniform(0.08, 0.4), rng.uniform(2.2, 4.0)
        places = [([s * 8.0, -30.0, (3 - lv) * 38.0], rng.uniform(6, 8)) for lv, s in ((1, -1), (3, 1), (5, -1))]
        places.append((ILIUM, rng.uniform(16, 20)))
        for session, gain in (("baseline", 1.0), ("cycle2", 1.4)):
            name, folder = f"sub-{subject:03d}_ses-{session}", root / f"sub-{subject:03d}" / f"ses-{session}"
            row = lambda *r: truth.append((f"{subject:03d}", session, *r))
            lesions = [(np.array(c), r / gain, 10 - ratio, 850 * gain) for c, r in places]
            # spins, fat, R2*, T1 of water, signal over muscle at b = 900, ADC
            props = {1: (1, 0.93, 35, 0.9, 0.3, 300), 2: (0.85, 0.06, 30, 1.3, 1, 1500), 3: (0.9, 0.01, 25, 1.4, 0.9, 1700)}
            for level in range(1, 6):
                fat = min(0.7, fat0 * gain * (1 + 0.05 * (level - 3)))
                props[10 + level] = (0.8, fat, 90 + 10 * level, 1.1, ratio, 600 + 20 * level)
                wet, oily = (1 - fat) * ernst(1.1), fat * ernst(0.365)
                row("pdff", f"L{level}", "median", 100 * fat, "%")
                row("sff", f"L{level}", "median", 100 * oily / (wet + oily), "%")
                row("adc", f"L{level}", "median", 600 + 20 * level, "um2/s")
                row("r2star", f"L{level}", "median", 90 + 10 * level, "1/s")
                decay = [abs(wet + oily * fat_spectrum(t)) * np.exp(-(90 + 10 * level) * t) for t in (0.00230, 0.00115)]
                row("dropout", f"L{level}", "median", 100 * (decay[0] - decay[1]) / decay[0], "%")
            props[16] = props[13]
            for n, (_, _, bright, adc) in enumerate(lesions):
                props[20 + n] = (0.88, 0.03, 60, 1.3, bright, adc)
            volumes = [4 / 3 * np.pi * r**3 / 1000 for _, r, *_ in lesions]
            for n, ((centre, _, _, adc), volume) in enumerate(zip(lesions, volumes), 1):
                place = zip(("centre_x", "centre_y", "centre_z"), centre, ("mm",) * 3)
                for rest in (("volume", volume, "mL"), ("adc", adc, "um2/s"), *place):
                    row("lesion", f"lesion-{n:02}", *rest)
            row("gadc", "body", "median", 850 * gain, "um2/s")
            row("tdv", "body", "total", sum(volumes), "mL")

            tes = [0.0023, 0.00115] + [0.0012 + 0.001 * n for n in range(6)]
            shape, sums, votes = (48, 120, 8), None, None
            for p in lattice(shape, dixon, 3):
                t = tissue_of(p, lesions)
                if sums is None:
                    sums, votes = np.zeros((10, *shape), complex), np.zeros((6, *shape))
                for code, (rho, fat, r2, t1, _, _) in props.items():
                    m = t == code
                    w, f = rho * (1 - fat) * ernst(t1), rho * fat * ernst(0.365)
                    values = [w, f] + [(w + f * fat_spectrum(te)) * np.exp(-r2 * te) for te in tes[:2]]
                    values += [rho * (1 - fat + fat * fat_spectrum(te)) * np.exp(-r2 * te) for te in tes[2:]]
                    for k, v in enumerate(values):
                        sums[k][m] += v / 27
                for level in range(1, 6):
                    votes[level - 1] += t == 10 + level
                for n, lv in ((20, 1), (21, 3), (22, 5)):
                    votes[lv - 1] += t == n
                votes[5] += t == 3
            labels = np.where(votes.max(0) > 13.5, np.array([41, 42, 43, 44, 45, 92])[votes.argmax(0)], 0).astype(np.int16)
            sums[:4] /= 0.8 * ernst(1.1)
            common = dict(MagneticFieldStrength=B0, RepetitionTime=TR, FlipAngle=5.0)
            for k, (role, te) in enumerate((("water", None), ("fat", None), ("inphase", 0.0023), ("opposed", 0.00115))):
                extra = {} if te is None else {"EchoTime": te}
                save(folder / "anat" / f"{name}_rec-{role}_dixon.nii.gz", (100 * noisy(sums[k])).astype(np.float32), dixon,
                     common | extra)
            z = (119 - 2.0 * np.arange(shape[1]))[None, :, None]
            for n in range(6):
                s = sums[4 + n] / 0.8 * np.exp(2j * np.pi * (20 + 0.4 * z) * tes[2 + n])
                s = s + sigma * (rng.standard_normal(s.shape) + 1j * rng.standard_normal(s.shape)) * (np.abs(s) > 0)
                for part, v, unit in (("mag", 100 * np.abs(s), "arbitrary"), ("phase", np.angle(s), "rad")):
                    save(folder / "anat" / f"{name}_echo-{n + 1}_part-{part}_MEGRE.nii.gz", v.astype(np.float32), dixon,
                         {"MagneticFieldStrength": B0, "EchoTime": tes[2 + n], "Units": unit})
            save(folder / "anat" / f"{name}_seg-vertebrae_dseg.nii.gz", labels, dixon)

            shape = (128, 88, 80)
            sums, votes = np.zeros((3, *shape)), np.zeros((7, *shape))
            for p in lattice(shape, body, 4):
                t = tissue_of(p, lesions)
                for code, (*_, bright, adc) in props.items():
                    for k in range(3):
                        sums[k][t == code] += bright * np.exp((900 - B[k]) * adc * 1e-6) / 64
                for level in range(1, 6):
                    votes[level - 1] += (t == 10 + level) | (t == {1: 20, 3: 21, 5: 22}.get(level, -1))
                votes[5] += t == 2
                votes[6] += (t == 16) | (t == 23)
            bone = votes[:5].sum(0) + votes[6] > 32
            labels = np.where(votes[:5].max(0) > 32, 41 + votes[:5].argmax(0), 0).astype(np.int16)
            for chunk, (first, last) in enumerate(((50, 80), (26, 56), (0, 32)), 1):
                affine = body.copy()
                affine[2, 3] += 3.0 * first
                s = np.moveaxis(noisy(sums[..., first:last] / 4.5), 0, -1)
                path = folder / "dwi" / f"{name}_chunk-{chunk}_dwi.nii.gz"
                save(path, (100 * s).astype(np.float32), affine, {"MagneticFieldStrength": B0})
                (folder / "dwi" / f"{name}_chunk-{chunk}_dwi.bval").write_text("50 400 900\n")
            for mask, m in (("bone", bone), ("muscle", votes[5] == 64), ("exclude", np.zeros(shape))):
                save(folder / "dwi" / f"{name}_seg-{mask}_mask.nii.gz", m.astype(np.uint8), body)
            save(folder / "dwi" / f"{name}_seg-vertebrae_dseg.nii.gz", labels, body)
            clinic.append((f"{subject:03d}", session, 3.0 / gain, ""))
        clinic.append((f"{subject:03d}", "end", 0.1 if subject % 2 else 2.0, "VGPR" if subject % 2 else "SD"))
    for file, header, rows in (
        ("truth.csv", ("subject", "session", "measure", "region", "statistic", "value", "unit"), truth),
        ("clinical.csv", ("subject", "session", "m_protein_serum_g_dl", "best_response"), clinic),
        ("exclusions.csv", ("subject", "session", "level", "reason"), []),
    ):
        with open(root / file, "w", newline="") as out:
            csv.writer(out).writerows([header, *rows])
    (root / "study.toml").write_text("""[sessions]
baseline = "baseline"
followup = "cycle2"
[endpoint]
session = "end"
column = "best_response"
positive = ["sCR", "CR", "VGPR"]
[regions]
scheme = "totalspineseg"
levels = "L1-L5"
erode_mm = 3.0
[tdv]
rule = "reference-ratio"
threshold = 5.0
signal_b = 900
adc_low = 300
adc_high = 1500
min_volume_ml = 0.1
[plan]
primary = ["sff_mean_L1-L5__pct:higher"]
secondary = ["tdv_total_body__pct:lower"]
[models]
method = "firth"
[validate]
bootstrap = 50
""")


if __name__ == "__main__":
    main()
