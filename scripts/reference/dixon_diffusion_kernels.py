#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy"]
# ///
"""Expected numbers of the Dixon and diffusion kernels, computed in double precision with NumPy.

Writes tests/golden/kernels.json: made-up inputs (fixed seed, rounded to f32) and what follows from the definitions. It
shares no code with the program: the fit goes through numpy.linalg.lstsq, the threshold through numpy.std.
usage: dixon_diffusion_kernels.py > tests/golden/kernels.json
"""
import json

import numpy as np

rng = np.random.default_rng(20201)


def f32(values):
    """Rounds to what the program reads, but computes on in double precision."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def fits(b, signals):
    """ADC (um2/s) and S0 of every row of signals, by least squares on the logarithm."""
    design = np.stack([np.ones_like(b), -b], axis=1)
    intercept, slope = np.linalg.lstsq(design, np.log(signals).T, rcond=None)[0]
    return 1e6 * slope, np.exp(intercept)


n = 40
water, fat = f32(rng.uniform(1, 800, n)), f32(rng.uniform(0, 800, n))
in_phase = f32(rng.uniform(50, 900, n))
opposed = f32(in_phase * rng.uniform(0, 1.05, n))
third = f32(in_phase * rng.uniform(0.6, 0.95, n))
te_ip, te_op, te_third = 2.3e-3, 1.15e-3, 4.6e-3
r2star = np.log(in_phase / third) / (te_third - te_ip)

b = np.array([0.0, 50.0, 400.0, 900.0])
s0, adc = rng.uniform(100, 900, n), rng.uniform(300, 2500, n)
signals = f32(s0[:, None] * np.exp(-b * adc[:, None] * 1e-6) * rng.uniform(0.97, 1.03, (n, b.size)))
all_adc, all_s0 = fits(b, signals)
high_adc, high_s0 = fits(b[1:], signals[:, 1:])
ends_adc, _ = fits(b[[1, 3]], signals[:, [1, 3]])

reference = f32(rng.normal(60, 9, 200))
print(
    json.dumps(
        {
            "script": "scripts/reference/dixon_diffusion_kernels.py",
            "numpy": np.__version__,
            "water": water.tolist(),
            "fat": fat.tolist(),
            "ff_percent": (100 * fat / (water + fat)).tolist(),
            "ratio_of_sums_percent": float(100 * fat.sum() / (water + fat).sum()),
            "in_phase": in_phase.tolist(),
            "opposed": opposed.tolist(),
            "third": third.tolist(),
            "two_point_percent": (100 * (in_phase - opposed) / (2 * in_phase)).tolist(),
            "dropout_percent": (100 * (in_phase - opposed) / in_phase).tolist(),
            "r2star_per_s": r2star.tolist(),
            "dropout_corrected_percent": (
                100 * (1 - opposed / np.exp(-r2star * te_op) / (in_phase / np.exp(-r2star * te_ip)))
            ).tolist(),
            "b": b.tolist(),
            "signals": signals.tolist(),
            "adc_all_b": all_adc.tolist(),
            "s0_all_b": all_s0.tolist(),
            "adc_from_50": high_adc.tolist(),
            "s0_from_50": high_s0.tolist(),
            "adc_two_point": ends_adc.tolist(),
            "reference": reference.tolist(),
            "threshold_ratio_5": float(5 * reference.mean()),
            "threshold_sd_3": float(reference.mean() + 3 * reference.std(ddof=1)),
        },
        indent=1,
    )
)
