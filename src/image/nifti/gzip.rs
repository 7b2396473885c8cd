//! gzip in independent pieces, made in parallel, as one member: the same bytes whatever the number of threads.
//!
//! Maps are noise between stretches of one repeated value (what was excluded, or lies outside the body). A general search
//! for matches finds nothing else in them and costs most of the time of a program that writes maps. Here only repetitions
//! of the voxel before are matches; everything else is literals in a Huffman code of its own for each piece. On maps this
//! takes a quarter of the time of libdeflate's level 1 and gives as small a file.

use super::huffman::{Bits, BlockCodes};
use flate2::Crc;

/// What stands before the first piece: gzip, deflate, no name, no time, unknown system.
pub(super) const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// Shortest and longest match of deflate.
const MATCH: std::ops::RangeInclusive<usize> = 3..=258;
/// Repetitions shorter than this cost more than their literals, bytes.
const SHORTEST_RUN: usize = 4;
/// Longest stored block.
const STORED: usize = 0xffff;
const END_OF_BLOCK: usize = 256;

/// A packed piece, with the checksum of what it holds.
#[derive(Debug)]
pub(super) struct Piece {
    pub bytes: Vec<u8>,
    crc: Crc,
}

/// Literals, and the repetition of the word before that follows them, bytes.
#[derive(Debug, Clone, Copy)]
struct Token {
    n_literals: usize,
    n_repeated: usize,
}

/// Packs a piece of `word`-byte voxels (1, 2, 4 or 8; others as 1).
pub(super) fn pack(content: &[u8], word: usize) -> Piece {
    let mut crc = Crc::new();
    crc.update(content);
    let (distance, tokens) = match word {
        2 => (2, tokens::<2>(content)),
        4 => (4, tokens::<4>(content)),
        8 => (8, tokens::<8>(content)),
        _ => (1, tokens::<1>(content)),
    };
    let bytes = coded(content, &tokens, distance).unwrap_or_else(|| stored(content));
    Piece { bytes, crc }
}

/// What stands behind the last piece.
pub(super) fn tail<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> [u8; 10] {
    let mut crc = Crc::new();
    pieces.into_iter().for_each(|piece| crc.combine(&piece.crc));
    let mut tail = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]; // an empty last block
    tail[2..6].copy_from_slice(&crc.sum().to_le_bytes());
    tail[6..].copy_from_slice(&crc.amount().to_le_bytes());
    tail
}

/// Where words repeat the word before.
fn tokens<const WORD: usize>(content: &[u8]) -> Vec<Token> {
    let (words, _) = content.as_chunks::<WORD>();
    let mut tokens = Vec::with_capacity(64);
    let [mut from, mut at] = [0, 1]; // words: first literal, next to look at
    while at < words.len() {
        if words[at] != words[at - 1] {
            at += 1;
            continue;
        }
        let pattern: [u8; 8] = std::array::from_fn(|n| words[at][n % WORD]);
        let (eights, _) = content[at * WORD..].as_chunks::<8>();
        let mut end = at + eights.iter().take_while(|&&eight| eight == pattern).count() * (8 / WORD);
        while end < words.len() && words[end] == words[at] {
            end += 1;
        }
        if (end - at) * WORD >= SHORTEST_RUN {
            tokens.push(Token { n_literals: (at - from) * WORD, n_repeated: (end - at) * WORD });
            from = end;
        }
        at = end.max(at + 1);
    }
    tokens.push(Token { n_literals: content.len() - from * WORD, n_repeated: 0 });
    tokens
}

/// Lengths of the matches that make a repetition, each one that deflate allows.
fn matches(mut n_repeated: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let left = n_repeated.saturating_sub(*MATCH.end());
        let n = match left {
            0 => n_repeated,
            // the rest must be a match too
            1 | 2 => MATCH.end() - MATCH.start() + left,
            _ => *MATCH.end(),
        };
        n_repeated -= n;
        (n > 0).then_some(n)
    })
}

/// Symbol of a length, and the bits that follow it: how many, and which.
#[inline]
fn length_symbol(length: usize) -> (usize, u32, u32) {
    let offset = length - MATCH.start();
    match offset {
        255 => (285, 0, 0),
        0..8 => (257 + offset, 0, 0),
        _ => {
            // four symbols for each further bit
            let n_more = offset.ilog2() - 2;
            (257 + 4 * n_more as usize + (offset >> n_more), n_more, (offset & ((1 << n_more) - 1)) as u32)
        }
    }
}

/// A block with codes of its own and an empty one that ends at a byte; `None` where stored bytes are fewer.
fn coded(content: &[u8], tokens: &[Token], distance: usize) -> Option<Vec<u8>> {
    // several counters, because successive increments of one wait for each other
    let mut counts = [[0_u32; 256]; 4];
    let mut frequencies = vec![0_u32; 286];
    let mut n_extra_bits = 0;
    let mut at = 0;
    for token in tokens {
        let (fours, rest) = content[at..at + token.n_literals].as_chunks::<4>();
        for four in fours {
            four.iter().zip(&mut counts).for_each(|(&byte, counts)| counts[usize::from(byte)] += 1);
        }
        rest.iter().for_each(|&byte| counts[0][usize::from(byte)] += 1);
        at += token.n_literals + token.n_repeated;
        for length in matches(token.n_repeated) {
            let (symbol, n_more, _) = length_symbol(length);
            frequencies[symbol] += 1;
            n_extra_bits += 1 + n_more as usize;
        }
    }
    for (byte, frequency) in frequencies[..256].iter_mut().enumerate() {
        *frequency = counts.iter().map(|counts| counts[byte]).sum();
    }
    frequencies[END_OF_BLOCK] = 1;
    // distances 1, 2, 3, 4 have the symbols 0, 1, 2, 3 and 8 the symbol 5 with a further bit; a second code is never
    // sent, but some decoders want the code to be complete
    let (symbol, n_more, more) = if distance == 8 { (5, 1, 1) } else { (distance - 1, 0, 0) };
    let mut distances = [0_u32; 30];
    (distances[symbol], distances[if symbol == 0 { 1 } else { 0 }]) = (1, 1);
    let codes = BlockCodes::of(&frequencies, &distances);
    let n_bits: usize =
        frequencies.iter().zip(&codes.literals).map(|(&n, code)| n as usize * code.length as usize).sum();
    let n_bytes = (n_bits + n_extra_bits) / 8 + 400; // the head takes less
    if n_bytes >= content.len() + 5 * content.len().div_ceil(STORED) {
        return None;
    }
    let mut bits = Bits::with_capacity(n_bytes);
    codes.push_head(&mut bits);
    let of_distance = codes.distances[symbol];
    let mut at = 0;
    for token in tokens {
        // two codes of at most 15 bits at a time
        let (pairs, rest) = content[at..at + token.n_literals].as_chunks::<2>();
        for pair in pairs {
            let [a, b] = pair.map(|byte| codes.literals[usize::from(byte)]);
            bits.push(a.bits | b.bits << a.length, a.length + b.length);
        }
        rest.iter().for_each(|&byte| bits.push_code(codes.literals[usize::from(byte)]));
        at += token.n_literals + token.n_repeated;
        for length in matches(token.n_repeated) {
            let (symbol, n_more_of_length, more_of_length) = length_symbol(length);
            bits.push_code(codes.literals[symbol]);
            bits.push(more_of_length, n_more_of_length);
            bits.push_code(of_distance);
            bits.push(more, n_more);
        }
    }
    bits.push_code(codes.literals[END_OF_BLOCK]);
    bits.push(0, 3);
    bits.align();
    bits.push_bytes(&[0, 0, 0xff, 0xff]);
    Some(bits.into_bytes())
}

/// Stored blocks, none of them the last.
fn stored(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 5 * content.len().div_ceil(STORED));
    for part in content.chunks(STORED) {
        let n = part.len() as u16;
        bytes.push(0);
        bytes.extend(n.to_le_bytes());
        bytes.extend((!n).to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpacked(pieces: &[Piece]) -> [Vec<u8>; 2] {
        let parts = pieces.iter().map(|piece| piece.bytes.as_slice());
        let file = [&HEAD[..]].into_iter().chain(parts).chain([&tail(pieces)[..]]).collect::<Vec<_>>().concat();
        let n: usize = pieces.iter().map(|piece| piece.crc.amount() as usize).sum();
        let mut ours = vec![0; n];
        assert_eq!(libdeflater::Decompressor::new().gzip_decompress(&file, &mut ours).unwrap(), n);
        let mut theirs = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file.as_slice()), &mut theirs).unwrap();
        [ours, theirs]
    }

    #[test]
    fn every_length_of_a_match_has_its_symbol() {
        // RFC 1951, 3.2.5: first length of the symbols 257 to 285
        let first = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
            227, 258,
        ];
        for length in MATCH {
            let symbol = first.partition_point(|&start| start <= length) - 1;
            let (found, n_more, more) = length_symbol(length);
            assert_eq!((found, more as usize), (257 + symbol, length - first[symbol]), "{length}");
            assert!(more < 1 << n_more);
        }
    }

    #[test]
    fn a_repetition_is_cut_into_allowed_matches() {
        for n in 4..1100 {
            let lengths: Vec<usize> = matches(n).collect();
            assert!(lengths.iter().all(|length| MATCH.contains(length)), "{n}: {lengths:?}");
            assert_eq!(lengths.iter().sum::<usize>(), n);
        }
    }

    #[test]
    fn empty_random_and_constant_pieces_come_back() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        for content in [vec![], vec![7], vec![7; 5], noise, vec![0; 1 << 18]] {
            for word in [1, 2, 4, 8] {
                assert_eq!(unpacked(&[pack(&content, word)]), [content.clone(), content.clone()], "{word}");
            }
        }
        assert!(pack(&[0; 1 << 18], 2).bytes.len() < 400);
    }

    proptest! {
        #[test]
        fn what_two_decoders_read_is_what_was_packed(
            runs in prop::collection::vec((any::<[u8; 4]>(), 0_usize..700, any::<bool>()), 0..40),
            word in prop::sample::select(vec![1_usize, 2, 4, 8]),
            cut in 0.0..1.0_f64,
        ) {
            let mut content: Vec<u8> = Vec::new();
            for (value, n, same) in runs {
                for k in 0..n {
                    let step = if same { 0 } else { k.wrapping_mul(2_654_435_761) as u8 & 0x1f };
                    content.extend(value.map(|byte| byte.wrapping_add(step)));
                }
            }
            content.truncate(content.len().saturating_sub(content.len() % 3));
            let (a, b) = content.split_at((cut * content.len() as f64) as usize);
            let [ours, theirs] = unpacked(&[pack(a, word), pack(b, word)]);
            prop_assert_eq!(&ours, &content);
            prop_assert_eq!(&theirs, &content);
        }
    }
}
