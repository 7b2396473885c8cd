# Passing and Bablok's line with the intervals of slope and intercept, for src/stats/concordance.rs: Rscript scripts/reference/passing_bablok.R
# Written from the paper (1983, doi:10.1515/cclm.1983.21.11.709), equations 2 to 8.
x <- c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
y <- c(1.3, 1.8, 3.4, 4.1, 4.7, 6.6, 6.9, 8.4, 8.8, 10.9)
n <- length(x)
pairs <- combn(n, 2)
slopes <- sort((y[pairs[2, ]] - y[pairs[1, ]]) / (x[pairs[2, ]] - x[pairs[1, ]]))
count <- length(slopes)
k <- sum(slopes < -1)
slope <- if (count %% 2) slopes[(count + 1) / 2 + k] else mean(slopes[count / 2 + k + 0:1])
c <- qnorm(0.975) * sqrt(n * (n - 1) * (2 * n + 5) / 18)
low <- round((count - c) / 2)
ends <- slopes[c(low, count - low + 1) + k]
cat(sprintf("slope     %.12f %.12f %.12f\n", slope, ends[1], ends[2]))
cat(sprintf("intercept %.12f %.12f %.12f\n", median(y - slope * x), median(y - ends[2] * x), median(y - ends[1] * x)))
