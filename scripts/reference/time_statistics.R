# The resampling of `cargo bench --bench stats` by the packages that people use, on the same fifty patients:
#   Rscript scripts/reference/time_statistics.R [REPEATS]
# A package that is not installed is named and left out. Printed: seconds, the median of REPEATS runs (default 3).

# resamples that separate warn in every package; what they do then is not timed here
options(warn = -1)
repeats <- as.integer(c(commandArgs(trailingOnly = TRUE), "3")[1])

seconds <- function(work) {
  stats::median(vapply(seq_len(repeats), function(i) system.time(work())[["elapsed"]], numeric(1)))
}

report <- function(package, what, work) {
  if (!requireNamespace(package, quietly = TRUE)) {
    cat(sprintf("%-10s not installed\n", package))
    return(invisible())
  }
  cat(sprintf("%-10s %-40s %8.3f s\n", package, what, seconds(work)))
}

i <- 0:49
y <- as.integer(i %% 10 < 3)
a <- (i * 17) %% 47 + ifelse(y == 1, 25, 0)
b <- (i * 29) %% 47 - ifelse(y == 1, 10, 0)
set.seed(1)
resamples <- lapply(1:2000, function(n) c(sample(which(y == 1), 15, TRUE), sample(which(y == 0), 35, TRUE)))

n <- 100000
class <- as.integer((0:(n - 1)) %% 10 < 3)
score <- runif(n) + 0.3 * class

cat(R.version.string, "\n")
report("pROC", "DeLong variance, n = 100,000", function() {
  pROC::var(pROC::roc(class, score, direction = "<", levels = c(0, 1), quiet = TRUE), method = "delong")
})
report("pROC", "10,000 stratified areas, n = 50", function() {
  curve <- pROC::roc(y, a, direction = "<", levels = c(0, 1), quiet = TRUE)
  pROC::ci.auc(curve, method = "bootstrap", boot.n = 10000, boot.stratified = TRUE, progress = "none")
})
data <- data.frame(y, a, b)
report("logistf", "2,000 Firth refits, two predictors", function() {
  for (rows in resamples) {
    logistf::logistf(y ~ a + b, data = data[rows, ], pl = FALSE)
  }
})
report("brglm2", "2,000 Firth refits, two predictors", function() {
  for (rows in resamples) {
    glm(y ~ a + b, family = binomial(), data = data[rows, ], method = brglm2::brglmFit, type = "AS_mean")
  }
})
