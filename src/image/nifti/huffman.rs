//! Huffman codes and bits as deflate wants them (RFC 1951).

/// Longest code of a literal, length or distance.
const LONGEST: usize = 15;
/// Longest code of a code length.
const LONGEST_OF_LENGTHS: usize = 7;
/// Order in which the lengths of the codes of code lengths are sent.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bits on their way to bytes, lowest first.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    waiting: u64,
    n_waiting: u32,
}

/// A code, its bits in the order of sending, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Code {
    pub bits: u32,
    pub length: u32,
}

impl Bits {
    /// Room for about so many bytes.
    pub fn with_capacity(n_bytes: usize) -> Self {
        Bits { bytes: Vec::with_capacity(n_bytes), ..Bits::default() }
    }

    /// The lowest `n` of `bits`, at most 32; higher ones are 0.
    #[inline(always)]
    pub fn push(&mut self, bits: u32, n: u32) {
        self.waiting |= u64::from(bits) << self.n_waiting;
        self.n_waiting += n;
        if self.n_waiting >= 32 {
            self.bytes.extend_from_slice(&(self.waiting as u32).to_le_bytes());
            self.waiting >>= 32;
            self.n_waiting -= 32;
        }
    }

    /// A code.
    #[inline(always)]
    pub fn push_code(&mut self, code: Code) {
        self.push(code.bits, code.length);
    }

    /// Zeros up to the next byte.
    pub fn align(&mut self) {
        let n_bytes = self.n_waiting.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.waiting.to_le_bytes()[..n_bytes]);
        (self.waiting, self.n_waiting) = (0, 0);
    }

    /// Whole bytes, behind [`Bits::align`].
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What was pushed, aligned.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}

/// Lengths of the best prefix code for symbols of these frequencies, none longer than `longest`; 0 for unused symbols.
///
/// Huffman's tree by two queues; where it is too deep, leaves are moved up until the code is complete again.
fn lengths(frequencies: &[u32], longest: usize) -> Vec<u8> {
    let mut used: Vec<usize> = (0..frequencies.len()).filter(|&symbol| frequencies[symbol] > 0).collect();
    used.sort_by_key(|&symbol| (frequencies[symbol], symbol));
    let mut lengths = vec![0_u8; frequencies.len()];
    let n = used.len();
    if n < 2 {
        used.iter().for_each(|&symbol| lengths[symbol] = 1);
        return lengths;
    }
    // nodes: n leaves by rising frequency, then the inner ones in the order of their making, which is rising too
    let mut weight: Vec<u64> = used.iter().map(|&symbol| u64::from(frequencies[symbol])).collect();
    let mut parent = vec![0_usize; 2 * n - 1];
    let [mut leaf, mut inner] = [0, n];
    for node in n..2 * n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let least =
                if leaf < n && (inner >= node || weight[leaf] <= weight[inner]) { &mut leaf } else { &mut inner };
            parent[*least] = node;
            sum += weight[*least];
            *least += 1;
        }
        weight.push(sum);
    }
    let mut depth = vec![0_usize; 2 * n - 1];
    let mut n_of_length = vec![0_usize; longest + 1];
    for node in (0..2 * n - 2).rev() {
        depth[node] = depth[parent[node]] + 1;
        if node < n {
            n_of_length[depth[node].min(longest)] += 1;
        }
    }
    // Kraft's sum in units of the longest code
    let mut sum: usize = n_of_length.iter().enumerate().skip(1).map(|(length, n)| n << (longest - length)).sum();
    while sum > 1 << longest {
        let Some(shorter) = (1..longest).rev().find(|&length| n_of_length[length] > 0) else { break };
        n_of_length[longest] -= 1;
        n_of_length[shorter] -= 1;
        n_of_length[shorter + 1] += 2;
        sum -= 1;
    }
    // the rarest get the longest
    let by_length = (1..=longest).rev().flat_map(|length| std::iter::repeat_n(length as u8, n_of_length[length]));
    used.iter().zip(by_length).for_each(|(&symbol, length)| lengths[symbol] = length);
    lengths
}

/// The code that follows from its lengths.
fn codes(lengths: &[u8]) -> Vec<Code> {
    let mut next = [0_u32; LONGEST + 2];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = (next[length] + next[length - 1]) << 1;
    }
    // next[l] is now the first code of length l
    let of = |&length: &u8| {
        if length == 0 {
            return Code::default();
        }
        let code = next[usize::from(length)];
        next[usize::from(length)] += 1;
        let length = u32::from(length);
        Code { bits: code.reverse_bits() >> (32 - length), length }
    };
    lengths.iter().map(of).collect()
}

/// The codes of a block of deflate.
#[derive(Debug)]
pub(super) struct BlockCodes {
    /// Of literals, the end of the block (256) and lengths.
    pub literals: Vec<Code>,
    /// Of distances.
    pub distances: Vec<Code>,
    lengths: [Vec<u8>; 2],
}

impl BlockCodes {
    /// Best for these frequencies of literals and lengths (286) and of distances (30).
    pub fn of(literals: &[u32], distances: &[u32]) -> Self {
        let lengths = [lengths(literals, LONGEST), lengths(distances, LONGEST)];
        BlockCodes { literals: codes(&lengths[0]), distances: codes(&lengths[1]), lengths }
    }

    /// The head of a block that is not the last one.
    pub fn push_head(&self, bits: &mut Bits) {
        let shown = |lengths: &[u8], least: usize| {
            lengths.iter().rposition(|&length| length > 0).map_or(least, |last| least.max(last + 1))
        };
        let [n_literals, n_distances] = [shown(&self.lengths[0], 257), shown(&self.lengths[1], 1)];
        let all = [&self.lengths[0][..n_literals], &self.lengths[1][..n_distances]].concat();
        let runs = run_lengths(&all);
        let mut frequencies = [0_u32; 19];
        runs.iter().for_each(|run| frequencies[usize::from(run.symbol)] += 1);
        let of_lengths = lengths(&frequencies, LONGEST_OF_LENGTHS);
        let n_sent = ORDER.iter().rposition(|&symbol| of_lengths[symbol] > 0).map_or(4, |last| 4.max(last + 1));
        bits.push(0b100, 3); // not the last, codes of its own
        bits.push(n_literals as u32 - 257, 5);
        bits.push(n_distances as u32 - 1, 5);
        bits.push(n_sent as u32 - 4, 4);
        ORDER[..n_sent].iter().for_each(|&symbol| bits.push(u32::from(of_lengths[symbol]), 3));
        let codes = codes(&of_lengths);
        for run in runs {
            bits.push_code(codes[usize::from(run.symbol)]);
            bits.push(run.more, run.n_more);
        }
    }
}

/// A symbol of the alphabet of code lengths, with the bits that follow it.
struct Run {
    symbol: u8,
    more: u32,
    n_more: u32,
}

/// Code lengths with their repetitions.
fn run_lengths(lengths: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    for same in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (same[0], same.len());
        if length > 0 {
            runs.push(Run { symbol: length, more: 0, n_more: 0 });
            left -= 1;
        }
        while left >= 3 {
            let (symbol, n_more, least, most) = match (length, left) {
                (0, 11..) => (18, 7, 11, 138),
                (0, _) => (17, 3, 3, 10),
                _ => (16, 2, 3, 6),
            };
            let n = left.min(most);
            runs.push(Run { symbol, more: (n - least) as u32, n_more });
            left -= n;
        }
        runs.extend((0..left).map(|_| Run { symbol: length, more: 0, n_more: 0 }));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of all bit strings that begin with a code, in units of 2^-longest.
    fn kraft(lengths: &[u8], longest: usize) -> usize {
        lengths.iter().filter(|&&length| length > 0).map(|&length| 1 << (longest - usize::from(length))).sum()
    }

    #[test]
    fn a_code_is_complete_and_no_longer_than_allowed() {
        // frequencies of Fibonacci make the deepest tree
        let deep: Vec<u32> =
            std::iter::successors(Some((1, 1)), |&(a, b)| Some((b, a + b))).map(|p| p.0).take(30).collect();
        for longest in [7, 15] {
            let lengths = lengths(&deep, longest);
            assert_eq!(kraft(&lengths, longest), 1 << longest);
            assert!(lengths.iter().all(|&length| (1..=longest).contains(&usize::from(length))));
            assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
        }
    }

    #[test]
    fn even_frequencies_give_even_lengths_and_few_symbols_give_one_bit() {
        assert_eq!(lengths(&[5; 8], 15), [3; 8]);
        assert_eq!(lengths(&[0, 9, 0], 15), [0, 1, 0]);
        assert_eq!(lengths(&[0, 9, 3], 15), [0, 1, 1]);
    }

    #[test]
    fn the_codes_of_the_standard() {
        // the example of RFC 1951, 3.2.2
        let codes = codes(&[3, 3, 3, 3, 3, 2, 4, 4]);
        let sent: Vec<u32> = codes.iter().map(|code| code.bits.reverse_bits() >> (32 - code.length)).collect();
        assert_eq!(sent, [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111]);
    }
}
