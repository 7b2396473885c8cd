#!/usr/bin/env python3
"""Reference values of the ADC fits, by NumPy and SciPy in double precision.

usage: adc_fits.py > tests/golden/adc_fits.json
Noisy decays at b = 0, 50, 400, 900 s/mm2; for each the plain, S^2-weighted, iteratively weighted and nonlinear fit."""
import json

import numpy as np
from scipy.optimize import least_squares

B = np.array([0.0, 50.0, 400.0, 900.0])


def line(logarithm, weights):
    """ADC (um2/s) and ln S0 of weighted least squares."""
    root = np.sqrt(weights)
    design = np.stack([np.ones_like(B), -B], 1)
    ln_s0, adc = np.linalg.lstsq(design * root[:, None], logarithm * root, rcond=None)[0]
    return 1e6 * adc, ln_s0


def fits(signal):
    logarithm = np.log(signal)
    out = {"plain": line(logarithm, np.ones(4)), "weighted": line(logarithm, signal**2 / signal.max() ** 2)}
    adc, ln_s0 = out["weighted"]
    for _ in range(200):
        adc, ln_s0 = line(logarithm, np.exp(-2e-6 * adc * B))
    out["iterative"] = adc, ln_s0

    def residual(x):
        return np.exp(x[0]) * np.exp(-1e-3 * x[1] * B) - signal

    x = least_squares(residual, [ln_s0, 1e-3 * adc], xtol=1e-15, ftol=1e-15, gtol=1e-15, method="lm").x
    out["nlls"] = 1e3 * x[1], x[0]
    return {name: [float(adc), float(np.exp(ln_s0))] for name, (adc, ln_s0) in out.items()}


def main():
    random = np.random.default_rng(11)
    rows = []
    for s0, adc in [(60, 400), (400, 871), (220, 1100), (420, 2000), (900, 3000)]:
        for _ in range(12):
            clean = s0 * np.exp(-1e-6 * B * adc)
            signal = np.hypot(clean + random.normal(0, 4, 4), random.normal(0, 4, 4)).astype(np.float32).astype(float)
            rows.append({"signal": signal.tolist(), **fits(signal)})
    print(json.dumps({"b": B.tolist(), "voxels": rows}, indent=1))


if __name__ == "__main__":
    main()
