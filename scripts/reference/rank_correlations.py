"""Exact p-values of rank correlations, for the tests in src/stats/correlation.rs.

Spearman and Kendall with ties: all orders, counted with numpy and itertools. Kendall without ties: SciPy's exact law, which is
that of R's cor.test. Run: python3 scripts/reference/rank_correlations.py
"""
from itertools import permutations

import numpy as np
from scipy.stats import kendalltau, rankdata

X, Y = np.array([1.0, 2, 2, 4, 5, 6, 6.5]), np.array([2.0, 1, 4, 4, 6, 5, 9])
ranks = rankdata(X), rankdata(Y)
orders = np.array(list(permutations(range(len(X)))))


def share(statistic, seen):
    return np.mean(np.abs(statistic) >= abs(seen) - 1e-9)


rho = np.array([np.corrcoef(ranks[0], ranks[1][list(o)])[0, 1] for o in orders])
print("spearman, ties", repr(share(rho, rho[0])))
pairs = np.triu_indices(len(X), 1)
sign_x = np.sign(X[pairs[0]] - X[pairs[1]])
score = np.array([(sign_x * np.sign(Y[o][pairs[0]] - Y[o][pairs[1]])).sum() for o in orders])
print("kendall, ties", repr(share(score, score[0])))
I = np.arange(20)
print("kendall, 20", repr(kendalltau(I * 7 % 20, I * 3 % 20 + 4 * (I > 9) + I / 100, method="exact").pvalue))
