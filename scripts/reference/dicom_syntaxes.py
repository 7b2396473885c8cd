# /// script
# requires-python = ">=3.9"
# dependencies = ["pydicom", "numpy", "python-gdcm", "pyjpegls"]
# ///
"""One small series in many transfer syntaxes, and Siemens mosaics, for the built-in converter of `myelomri import`.

    python3 scripts/reference/dicom_syntaxes.py tests/golden/dicom/syntax

Simulated by the writers of scripts/reference/dicom_series.py, whose pixel formula holds: 100 slice + 10 row + column;
`signed` ones less 300. Encoders: pydicom (RLE, deflate, JPEG-LS by pyjpegls) and GDCM (JPEG, JPEG 2000, big endian).
"""

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


def mosaic(folder, number, is_named):
    """Four slices of 6 x 8 in one picture of 12 x 16, as Siemens writes them; without the word in the image type the
    number of slices stands in the private attribute alone."""
    out = Writer(root)
    kind = ["ORIGINAL", "PRIMARY", "M", "ND"] + (["MOSAIC"] if is_named else [])
    for n in range(2):
        ds = image("b", 0, number, n + 1, "SIEMENS", "MAGNETOM Skyra", kind, "mosaic", 0, 0, te=60.0, sequence=["EP"])
        place(ds, 0, AXIAL)
        pixels(ds, 0, 0, rows=12, columns=16)
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
