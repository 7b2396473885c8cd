# /// script
# requires-python = ">=3.9"
# dependencies = ["pydicom", "numpy", "python-gdcm", "pyjpegls"]
# ///
"""One small series in many transfer syntaxes, and Siemens mosaics, for the built-in converter of `myelomri import`.

    python3 scripts/reference/dicom_syntaxes.py tests/golden/dicom/syntax

Simulated by the writers of scripts/reference/dicom_series.py, whose pixel formula holds: 100 slice + 10 row + column;
`signed` ones less 300. Encoders: pydicom (RLE, deflate, JPEG-LS by pyjpegls) and GDCM (JPEG, JPEG 2000, big endian).
"""

import struct
import sys
from pathlib import Path

import gdcm
import numpy as np
import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_series import AXIAL, Writer, image, place, pixels

root = Path(sys.argv[1])
WATER = ["DERIVED", "PRIMARY", "DIXON", "WATER", "ND"]


def slices(number, bits=16, stored=16, signed=False):
    for k in range(2 if bits == 8 else 3):
        ds = image("b", 0, number, k + 1, "SIEMENS", "MAGNETOM Skyra", WATER, "x", 0, k, AXIAL, te=2.46)
        values = np.frombuffer(ds.PixelData, "<u2").astype(int)
        if signed:
            ds.PixelRepresentation, values = 1, values - 300
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, stored, stored - 1
        ds.PixelData = values.astype({8: "u1", 16: "<i2" if signed else "<u2"}[bits]).tobytes()
        yield ds


def plain(folder, number, syntax, **kind):
    out = Writer(root)
    for ds in slices(number, **kind):
        out.save(ds, folder, syntax)


def pydicom_encoded(folder, number, syntax, more={}, **kind):
    plain(folder, number, ExplicitVRLittleEndian, **kind)
    for path in sorted((root / folder).iterdir()):
        ds = pydicom.dcmread(path)
        instance = ds.SOPInstanceUID
        ds.compress(syntax, generate_instance_uid=False, **more)
        ds.SOPInstanceUID = instance
        ds.save_as(path, enforce_file_format=True)


def gdcm_encoded(folder, number, syntax, **kind):
    plain(folder, number, ExplicitVRLittleEndian, **kind)
    for path in sorted((root / folder).iterdir()):
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        change.SetInput(reader.GetImage())
        assert change.Change(), folder
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write(), folder
        ds = pydicom.dcmread(path)  # what gdcm draws for a lossy copy
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid(entropy_srcs=[folder, path.name])
        for keyword in ["DerivationCodeSequence", "SourceImageSequence"]:
            if keyword in ds:
                del ds[keyword]
        ds.save_as(path, enforce_file_format=True)


def csa(elements):
    """Siemens CSA header: name and texts of each element."""
    block = b"SV10\4\3\2\1" + struct.pack("<ii", len(elements), 77)
    for name, texts in elements:
        block += name.encode().ljust(64, b"\0") + struct.pack("<i4sii", len(texts), b"FD\0\0", 6, len(texts))
        block += struct.pack("<i", 77)
        for text in texts:
            block += struct.pack("<4i", len(text), len(text), 77, len(text)) + text.encode() + b"\0" * (-len(text) % 4)
    return block


# turned by 20 degrees about the left-right axis
OBLIQUE = [1, 0, 0, 0, 0.9396926208, 0.3420201433]


def mosaic(folder, number, is_named, orientation=AXIAL, normal=None, apart_mm=0):
    """Four slices of 6 x 8 in one picture of 12 x 16, as Siemens writes them; without the word in the image type the
    number of slices stands in the private attribute alone. The second picture lies `apart_mm` further up."""
    out = Writer(root)
    kind = ["ORIGINAL", "PRIMARY", "M", "ND"] + (["MOSAIC"] if is_named else [])
    for n in range(2):
        ds = image("b", 0, number, n + 1, "SIEMENS", "MAGNETOM Skyra", kind, "mosaic", 0, 0, te=60.0, sequence=["EP"])
        place(ds, 0, orientation, origin=(-20.0, -15.0, -30.0 + n * apart_mm))
        pixels(ds, 0, 0, rows=12, columns=16)
        if normal:
            block = csa([("NumberOfImagesInMosaic", ["4"]), ("SliceNormalVector", [f"{v:.10f}" for v in normal])])
            ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", block)
        ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", 4)
        ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", 50 + 700 * n)
        out.save(ds, folder)


plain("deflate", 101, DeflatedExplicitVRLittleEndian)
gdcm_encoded("big-endian", 102, gdcm.TransferSyntax.ExplicitVRBigEndian)
pydicom_encoded("rle", 103, RLELossless)
pydicom_encoded("rle-signed", 104, RLELossless, signed=True)
gdcm_encoded("jpeg-lossless", 105, gdcm.TransferSyntax.JPEGLosslessProcess14_1, stored=12)
gdcm_encoded("jpeg-lossless-16", 106, gdcm.TransferSyntax.JPEGLosslessProcess14_1)
gdcm_encoded("jpeg-lossless-signed", 107, gdcm.TransferSyntax.JPEGLosslessProcess14_1, signed=True)
gdcm_encoded("jpeg-lossless-14", 108, gdcm.TransferSyntax.JPEGLosslessProcess14, stored=12)
# eight bits hold two slices of the formula
gdcm_encoded("jpeg-baseline", 109, gdcm.TransferSyntax.JPEGBaselineProcess1, bits=8, stored=8)
gdcm_encoded("jpeg-extended", 110, gdcm.TransferSyntax.JPEGExtendedProcess2_4, stored=12)
pydicom_encoded("jpeg-ls", 111, JPEGLSLossless)
pydicom_encoded("jpeg-ls-near", 112, JPEGLSNearLossless, more=dict(jls_error=2))
gdcm_encoded("jpeg-2000", 113, gdcm.TransferSyntax.JPEG2000Lossless)
gdcm_encoded("jpeg-2000-lossy", 114, gdcm.TransferSyntax.JPEG2000)
mosaic("mosaic", 120, True)
mosaic("mosaic-unnamed", 121, False)
mosaic("mosaic-oblique", 122, True, OBLIQUE, normal=[0, 0.3420201433, -0.9396926208])
mosaic("mosaic-apart", 123, True, apart_mm=10)
