# Intervals by patients of what a cut-off achieves, for src/stats/clustered/calls.rs: Rscript scripts/reference/clustered_calls.R
#
# The variance is that of the delete-nothing jackknife: numeric derivatives of the estimate by each patient's weight, squared and
# summed, times G / (G - 1). Shares: Wilson's interval by prop.test, of as many rows as that variance amounts to.
library(numDeriv)

# rows of each patient: hits, missed, false alarms, rejections
rows <- rbind(c(3, 1, 0, 0), c(2, 0, 1, 0), c(0, 2, 0, 1), c(0, 0, 1, 4), c(0, 0, 0, 3), c(1, 0, 2, 2))

variance <- function(estimate, of) {
  gradient <- grad(function(w) estimate(colSums(w * of)), rep(1, nrow(of)))
  nrow(of) / (nrow(of) - 1) * sum(gradient^2)
}
share <- function(name, part, other) {
  of <- rows[rows[, part] + rows[, other] > 0, ]
  p <- function(t) t[part] / (t[part] + t[other])
  seen <- p(colSums(of))
  n <- min(seen * (1 - seen) / variance(p, of), sum(of[, c(part, other)]))
  ends <- suppressWarnings(prop.test(seen * n, n, correct = FALSE)$conf.int)
  cat(sprintf("%-12s %.10f %.10f\n", name, ends[1], ends[2]))
}
ratio <- function(name, log_estimate) {
  centre <- log_estimate(colSums(rows))
  half <- qnorm(0.975) * sqrt(variance(log_estimate, rows))
  cat(sprintf("%-12s %.10f %.10f\n", name, exp(centre - half), exp(centre + half)))
}
share("sensitivity", 1, 2)
share("specificity", 4, 3)
share("ppv", 1, 3)
share("npv", 4, 2)
ratio("lr+", function(t) log(t[1] / (t[1] + t[2])) - log(t[3] / (t[3] + t[4])))
ratio("lr-", function(t) log(t[2] / (t[1] + t[2])) - log(t[4] / (t[3] + t[4])))
ratio("odds", function(t) log(t[1] * t[4] / (t[2] * t[3])))

# calibration in the large: root of its likelihood ratio, and by patients
lp <- c(-1.2, 0.4, 0.9, -0.3, 1.7, -2.1, 0.2, 0.6)
y <- c(0, 1, 0, 1, 1, 0, 0, 1)
fit <- glm(y ~ 1, offset = lp, family = binomial, control = list(epsilon = 1e-15))
at <- function(a) 2 * (as.numeric(logLik(fit)) - sum(dbinom(y, 1, plogis(a + lp), log = TRUE))) - qchisq(0.95, 1)
best <- unname(coef(fit))
ends <- c(uniroot(at, c(best - 9, best), tol = 1e-13)$root, uniroot(at, c(best, best + 9), tol = 1e-13)$root)
cat(sprintf("%-12s %.10f %.10f %.10f\n", "intercept", best, ends[1], ends[2]))
patient <- c(1, 1, 2, 2, 2, 3, 4, 4)
p <- plogis(best + lp)
se <- sqrt(4 / 3 * sum(tapply(y - p, patient, sum)^2)) / sum(p * (1 - p))
cat(sprintf("%-12s %.10f %.10f\n", "by patients", best - qnorm(0.975) * se, best + qnorm(0.975) * se))
