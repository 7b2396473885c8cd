//! Transfer syntaxes: how pixels are packed in a file, by name; which are decoded here; which change the pixels.
//!
//! DICOM PS3.6, table A-1. Each that is decoded here is tried in `tests/golden/dicom.rs`.

/// What is known of a transfer syntax.
struct Known {
    uid: &'static str,
    name: &'static str,
    is_read: bool,
    is_lossy: bool,
}

const fn known(uid: &'static str, name: &'static str, is_read: bool, is_lossy: bool) -> Known {
    Known { uid, name, is_read, is_lossy }
}

const KNOWN: [Known; 19] = [
    known("1.2.840.10008.1.2", "Implicit VR Little Endian", true, false),
    known("1.2.840.10008.1.2.1", "Explicit VR Little Endian", true, false),
    known("1.2.840.10008.1.2.2", "Explicit VR Big Endian", true, false),
    known("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", true, false),
    known("1.2.840.10008.1.2.5", "RLE lossless", true, false),
    known("1.2.840.10008.1.2.4.50", "JPEG baseline", true, true),
    known("1.2.840.10008.1.2.4.51", "JPEG extended", false, true),
    known("1.2.840.10008.1.2.4.57", "JPEG lossless (process 14)", true, false),
    known("1.2.840.10008.1.2.4.70", "JPEG lossless (process 14, first-order prediction)", true, false),
    known("1.2.840.10008.1.2.4.80", "JPEG-LS lossless", false, false),
    known("1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless", false, true),
    known("1.2.840.10008.1.2.4.90", "JPEG 2000 lossless", false, false),
    known("1.2.840.10008.1.2.4.91", "JPEG 2000", false, true),
    known("1.2.840.10008.1.2.4.110", "JPEG XL lossless", false, false),
    known("1.2.840.10008.1.2.4.112", "JPEG XL", false, true),
    known("1.2.840.10008.1.2.4.201", "High-throughput JPEG 2000 lossless", false, false),
    known("1.2.840.10008.1.2.4.202", "High-throughput JPEG 2000 lossless (RPCL)", false, false),
    known("1.2.840.10008.1.2.4.203", "High-throughput JPEG 2000", false, true),
    known("1.2.840.10008.1.2.4.100", "MPEG-2", false, true),
];

fn find(uid: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.uid == uid)
}

/// `JPEG-LS lossless (transfer syntax 1.2.840.10008.1.2.4.80)`.
pub(super) fn name(uid: &str) -> String {
    let name = find(uid).map_or("an unknown way to pack pixels", |known| known.name);
    format!("{name} (transfer syntax {uid})")
}

/// Whether pixels of this kind are decoded here.
pub(super) fn is_read(uid: &str) -> bool {
    find(uid).is_some_and(|known| known.is_read)
}

/// Whether packing changed the pixels. JPEG 2000 and others may be without loss under the same name: the image says so then.
pub(super) fn is_lossy(uid: &str) -> bool {
    find(uid).is_some_and(|known| known.is_lossy)
}
