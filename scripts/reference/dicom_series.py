"""Simulated DICOM of five makers, for the tests of `myelomri import`. No image shows a person.

    python3 scripts/reference/dicom_series.py tests/golden/dicom            the fixtures (needs pydicom, numpy)
    python3 scripts/reference/dicom_series.py --large OUT                   one diffusion series of 4 x 240 images, 256 x 256

Headers follow what the makers write (private attributes included); pixels count: stored value = 1000 volume + 100 slice
+ 10 row + column, so that a turned or shifted image shows. Every patient carries names, numbers and dates that no output
may hold (`PHI`). Written files are the same bytes on every run.
"""

import argparse
import struct
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, generate_uid

ROWS, COLUMNS, SLICES = 6, 8, 3
MR, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
CAPTURE, SEG, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3"
AXIAL, SAGITTAL, CORONAL = [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]

PATIENTS = {
    "a": dict(name="Zzsurname^Qqgiven", id="PIDZZ-998877", birth="19341231", accession="ACCZZ5544", dates=["20210304", "20210512"]),
    "b": dict(name="Yysurname^Xxgiven", id="PIDYY-112233", birth="19411130", accession="ACCYY6655", dates=["20220811"]),
}


def uid(*parts):
    return generate_uid(entropy_srcs=[str(part) for part in parts])


class Writer:
    def __init__(self, root):
        self.root, self.n = Path(root), 0

    def save(self, dataset, folder, syntax=ExplicitVRLittleEndian):
        """No name says anything: files are numbered."""
        self.n += 1
        path = self.root / folder / f"IM{self.n:04d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
        meta.TransferSyntaxUID = syntax
        meta.ImplementationClassUID = "1.2.3.4"
        file = FileDataset(str(path), dataset, file_meta=meta, preamble=b"\0" * 128)
        file.save_as(path, enforce_file_format=True)
        return path


def base(patient, visit, series, sop, modality="MR"):
    """Everything that tells a person, in every place where scanners put it."""
    who = PATIENTS[patient]
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID = MR
    ds.SOPInstanceUID = uid("sop", patient, visit, series, sop)
    ds.StudyInstanceUID = uid("study", patient, visit)
    ds.SeriesInstanceUID = uid("series", patient, visit, series)
    ds.FrameOfReferenceUID = uid("frame", patient, visit)
    date = who["dates"][visit]
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = date
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = "113355.000000"
    ds.AccessionNumber = who["accession"]
    ds.Modality = modality
    ds.InstitutionName = "Zzhospital"
    ds.ReferringPhysicianName = "Zzdoctor^Zz"
    ds.StationName = "ZZSTATION"
    ds.StudyDescription = f"Myeloma {who['name']}"
    ds.OperatorsName = "Zzoperator"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = who["name"], who["id"], who["birth"]
    ds.PatientSex, ds.PatientComments = "O", f"comment on {who['name']}"
    ds.DeviceSerialNumber = "ZZSERIAL1"
    ds.ProtocolName = f"protocol of {who['name']}"
    ds.StudyID = "ZZSTUDY7"
    ds.SeriesNumber = series
    ds.ImageComments = f"image of {who['name']}"
    return ds


def place(ds, slice_number, orientation, spacing=(2.0, 1.5), step=4.0, origin=(-20.0, -15.0, -30.0)):
    row, column = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = np.cross(row, column)
    ds.ImageOrientationPatient = orientation
    ds.ImagePositionPatient = [float(v) for v in np.array(origin) + slice_number * step * normal]
    ds.PixelSpacing = list(spacing)
    ds.SliceThickness, ds.SpacingBetweenSlices = step - 0.5, step


def pixels(ds, volume, slice_number, rows=ROWS, columns=COLUMNS):
    r, c = np.mgrid[0:rows, 0:columns]
    ds.Rows, ds.Columns = rows, columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PixelData = (1000 * volume + 100 * slice_number + 10 * r + c).astype("<u2").tobytes()


def image(patient, visit, series, n, maker, model, image_type, description, volume, slice_number, orientation=AXIAL, **more):
    ds = base(patient, visit, series, n)
    ds.Manufacturer, ds.ManufacturerModelName = maker, model
    ds.ImageType = image_type
    ds.SeriesDescription = f"{PATIENTS[patient]['name'].split('^')[0]} {description}"
    ds.InstanceNumber = n
    ds.MagneticFieldStrength = more.pop("field", 3)
    ds.RepetitionTime, ds.FlipAngle = 6.5, 9
    ds.ScanningSequence = more.pop("sequence", ["GR"])
    ds.BodyPartExamined = more.pop("part", "LSPINE")
    if "te" in more:
        ds.EchoTime = more.pop("te")
    place(ds, slice_number, orientation, **{k: more.pop(k) for k in ("step", "origin") if k in more})
    pixels(ds, volume, slice_number)
    for key, value in more.items():
        setattr(ds, key, value)
    return ds


def csa_b_value(b):
    """Siemens CSA header with one element."""
    text = f"{b}".encode()
    item = struct.pack("<4i", len(text), len(text), 77, len(text)) + text + b"\0" * (-len(text) % 4)
    element = b"B_value".ljust(64, b"\0") + struct.pack("<i4sii", 1, b"IS\0\0", 6, 1) + struct.pack("<i", 77) + item
    return b"SV10\4\3\2\1" + struct.pack("<ii", 1, 77) + element


def siemens(out, patient="a", visit=0):
    maker, model, n = "SIEMENS", "MAGNETOM Skyra", 0
    for series, word, end, te in [(3, "IN_PHASE", "in", 2.46), (4, "OPP_PHASE", "opp", 1.23), (5, "WATER", "W", 2.46), (6, "FAT", "F", 2.46)]:
        for k in range(SLICES):
            n += 1
            ds = image(patient, visit, series, k + 1, maker, model, ["DERIVED", "PRIMARY", "DIXON", word, "ND"], f"t1_vibe_dixon_{end}", 0, k, SAGITTAL, te=te)
            ds.BurnedInAnnotation = "NO"
            out.save(ds, f"s{patient}{visit}")
    # diffusion by the CSA header, two stations of trace-weighted images, the lower first; ADC in a series of its own
    for station, origin in enumerate([(-20.0, -15.0, -42.0), (-20.0, -15.0, -30.0)]):
        for v, b in enumerate([50, 800]):
            for k in range(SLICES):
                kind = ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND", "NORM"]
                ds = image(patient, visit, 10 + 2 * station, v * SLICES + k + 1, maker, model, kind, "ep2d_diff_TRACEW", v, k, origin=origin, sequence=["EP"], te=60.0)
                block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
                block.add_new(0x10, "OB", csa_b_value(b))
                out.save(ds, f"s{patient}{visit}")
        for k in range(SLICES):
            ds = image(patient, visit, 11 + 2 * station, k + 1, maker, model, ["DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND", "NORM"], "ep2d_diff_ADC", 0, k, origin=origin, sequence=["EP"], te=60.0)
            out.save(ds, f"s{patient}{visit}")


def ge(out, patient="a", visit=1):
    maker, model = "GE MEDICAL SYSTEMS", "SIGNA Pioneer"
    for series, word, start, te in [(3, "IN_PHASE", "InPhase", 2.3), (4, "OUT_PHASE", "OutPhase", 1.15), (5, "WATER", "WATER", 1.15), (6, "FAT", "FAT", 1.15)]:
        for k in range(SLICES):
            ds = image(patient, visit, series, k + 1, maker, model, ["DERIVED", "PRIMARY", "DIXON", word], "x", 0, k, te=te)
            ds.SeriesDescription = f"{start}: Ax LAVA-Flex"
            out.save(ds, f"g{patient}{visit}")
    # b with the offset of 1e9, as GE writes it for b > 0 on some software
    for v, b in enumerate([0, 50, 1_000_000_800]):
        for k in range(SLICES):
            ds = image(patient, visit, 7, v * SLICES + k + 1, maker, model, ["ORIGINAL", "PRIMARY", "OTHER"], "Ax DWI", v, k, sequence=["EP", "SE"], te=70.0)
            block = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
            block.add_new(0x39, "IS", [b, 8, 0, 0])
            out.save(ds, f"g{patient}{visit}")
    # three echoes with magnitude and phase in one series, told by GE's number alone
    n = 0
    for echo, te in enumerate([1.1, 2.2, 3.3]):
        for component in [0, 1]:
            for k in range(SLICES):
                n += 1
                ds = image(patient, visit, 8, n, maker, model, ["ORIGINAL", "PRIMARY", "OTHER"], "multi echo", echo, k, te=te)
                ds.EchoNumbers = echo + 1
                block = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
                block.add_new(0x2F, "SS", component)
                # implicit, as GE writes mostly: the private number arrives without its representation
                out.save(ds, f"g{patient}{visit}", ImplicitVRLittleEndian)


def philips(out, patient="b", visit=0):
    maker, model = "Philips Medical Systems", "Ingenia"

    def scaled(ds, slope, intercept, scale):
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = str(slope), str(intercept), "normalized"
        block = ds.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0E, "FL", scale)

    n = 0
    # one mDixon series with all four images, as Philips exports it; scale slopes differ between them
    for word, scale, te in [("W", 0.004, 1.3), ("F", 0.008, 1.3), ("IP", 0.002, 2.3), ("OP", 0.016, 1.15)]:
        for k in range(SLICES):
            n += 1
            ds = image(patient, visit, 301, n, maker, model, ["DERIVED", "PRIMARY", word, word, "DERIVED"], "mDIXON", 0, k, CORONAL, te=te)
            scaled(ds, 2.5, 0, scale)
            out.save(ds, f"p{patient}{visit}")
    for k in range(SLICES):
        ds = image(patient, visit, 302, k + 1, maker, model, ["DERIVED", "PRIMARY", "FF", "FF", "DERIVED"], "mDIXON Quant FF", 0, k, CORONAL)
        scaled(ds, 0.05, -1.5, 0.7)
        ds.RescaleType = "%"
        out.save(ds, f"p{patient}{visit}")
    # diffusion with the scanner's ADC map inside the series
    n = 0
    for v, b in enumerate([0.0, 1000.0]):
        for k in range(SLICES):
            n += 1
            ds = image(patient, visit, 401, n, maker, model, ["ORIGINAL", "PRIMARY", "M_SE", "M", "SE"], "DWI", v, k, sequence=["SE", "EP"], te=65.0)
            scaled(ds, 1.5, 0, 0.01)
            block = ds.private_block(0x2001, "Philips Imaging DD 001", create=True)
            block.add_new(0x03, "FL", b)
            out.save(ds, f"p{patient}{visit}")
    for k in range(SLICES):
        n += 1
        ds = image(patient, visit, 401, n, maker, model, ["DERIVED", "PRIMARY", "ADC", "ADC", "SE"], "DWI", 2, k, sequence=["SE", "EP"], te=65.0)
        scaled(ds, 1.0, 0, 0.02)
        out.save(ds, f"p{patient}{visit}")


def uih(out, patient="b", visit=0):
    maker, model, n = "UIH", "uMR 780", 0
    for v, b in enumerate([0.0, 600.0]):
        for k in range(SLICES):
            n += 1
            ds = image(patient, visit, 21, n, maker, model, ["DERIVED", "PRIMARY", "M", "DIFFUSION"], "dwi", v, k, sequence=["SE", "EP"], te=65.0, origin=(-20.0, -15.0, 60.0))
            block = ds.private_block(0x0065, "Image Private Header", create=True)
            block.add_new(0x09, "FD", b)
            # implicit: the private number arrives without its representation
            out.save(ds, f"u{patient}{visit}", ImplicitVRLittleEndian)


def canon(out, patient="b", visit=0):
    """The b-value stands only where a gradient is applied."""
    for v in range(2):
        for k in range(SLICES):
            ds = image(patient, visit, 31, v * SLICES + k + 1, "CANON_MEC", "Vantage Galan 3T", ["ORIGINAL", "PRIMARY", "OTHER"], "dwi", v, k, sequence=["EP"], te=65.0)
            if v:
                ds.DiffusionBValue = 700.0
            out.save(ds, f"c{patient}{visit}")


def group(**parts):
    item = Dataset()
    for key, value in parts.items():
        setattr(item, key, Sequence([value]))
    return item


def record(**values):
    ds = Dataset()
    for key, value in values.items():
        setattr(ds, key, value)
    return ds


def enhanced(patient, visit, series, frames, b_of=None, scale=None):
    """A multi-frame image; `frames` = (image type, volume, slice)."""
    ds = base(patient, visit, series, 1)
    ds.SOPClassUID = ENHANCED_MR
    ds.Manufacturer, ds.ManufacturerModelName = "Philips Medical Systems", "Ingenia"
    ds.SeriesDescription = f"{PATIENTS[patient]['name']} enhanced"
    ds.ImageType = ["DERIVED", "PRIMARY", "MIXED", "NONE"]
    ds.InstanceNumber, ds.NumberOfFrames, ds.MagneticFieldStrength = 1, len(frames), 3
    ds.EchoPulseSequence = "GRADIENT" if b_of is None else "SPIN"
    ds.BurnedInAnnotation = "NO"
    axes = record(ImageOrientationPatient=AXIAL)
    measures = record(PixelSpacing=[2.0, 1.5], SliceThickness=4.0, SpacingBetweenSlices=4.0)
    timing = record(RepetitionTime=6.5, FlipAngle=9)
    ds.SharedFunctionalGroupsSequence = Sequence([group(PlaneOrientationSequence=axes, PixelMeasuresSequence=measures, MRTimingAndRelatedParametersSequence=timing)])
    per_frame, planes = [], []
    for image_type, volume, k in frames:
        holder = Dataset()
        place(holder, k, AXIAL)
        parts = dict(
            PlanePositionSequence=record(ImagePositionPatient=holder.ImagePositionPatient),
            MRImageFrameTypeSequence=record(FrameType=image_type, ComplexImageComponent="MAGNITUDE"),
            PixelValueTransformationSequence=record(RescaleSlope=str(1.0 + volume), RescaleIntercept="0", RescaleType="US"),
        )
        if b_of is not None:
            parts["MRDiffusionSequence"] = record(DiffusionBValue=float(b_of[volume]), DiffusionDirectionality="ISOTROPIC" if b_of[volume] else "NONE")
        else:
            parts["MREchoSequence"] = record(EffectiveEchoTime=2.3)
        item = group(**parts)
        if scale:
            private = Dataset()
            private.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", scale[volume])
            for block in range(1, 6):  # the fifth block is the one that holds the sequence: (2005,140F)
                last = item.private_block(0x2005, f"Philips MR Imaging DD 00{block}", create=True)
            last.add_new(0x0F, "SQ", Sequence([private]))
        per_frame.append(item)
        holder = Dataset()
        pixels(holder, volume, k)
        planes.append(holder.PixelData)
    ds.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    pixels(ds, 0, 0)
    ds.PixelData = b"".join(planes)
    return ds


def multi_frame(out, patient="b", visit=0):
    order = [(w, v, k) for v, w in enumerate(["W", "F"]) for k in range(SLICES)]
    frames = [(["DERIVED", "PRIMARY", w, w], v, k) for w, v, k in order]
    out.save(enhanced(patient, visit, 501, frames), "e1")
    # the unweighted volume last, as Philips does
    frames = [(["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"], v, k) for v in range(2) for k in range(SLICES)]
    out.save(enhanced(patient, visit, 502, frames, b_of=[900, 0], scale=[0.01, 0.01]), "e2")


def drawings(out, patient="a", visit=0):
    """A segmentation and a structure set on the upper diffusion station of `siemens`."""
    series = uid("series", patient, visit, 12)
    ds = base(patient, visit, 90, 1, "SEG")
    ds.SOPClassUID = SEG
    ds.Manufacturer, ds.SeriesDescription, ds.InstanceNumber = "simulated", "segments", 1
    ds.ImageType, ds.SegmentationType, ds.ContentLabel = ["DERIVED", "PRIMARY"], "BINARY", "SEG"
    ds.ReferencedSeriesSequence = Sequence([record(SeriesInstanceUID=series)])
    code = record(CodeValue="x", CodingSchemeDesignator="99X", CodeMeaning="Bone")
    other = record(CodeValue="y", CodingSchemeDesignator="99X", CodeMeaning="Skeletal muscle")
    other.CodeMeaning = "Muscle"
    ds.SegmentSequence = Sequence([
        record(SegmentNumber=1, SegmentLabel="Zzsurname bone", SegmentAlgorithmType="MANUAL", SegmentedPropertyTypeCodeSequence=Sequence([code])),
        record(SegmentNumber=2, SegmentLabel="psoas", SegmentAlgorithmType="MANUAL", SegmentedPropertyTypeCodeSequence=Sequence([other])),
    ])
    axes = record(ImageOrientationPatient=AXIAL)
    measures = record(PixelSpacing=[2.0, 1.5], SliceThickness=4.0, SpacingBetweenSlices=4.0)
    ds.SharedFunctionalGroupsSequence = Sequence([group(PlaneOrientationSequence=axes, PixelMeasuresSequence=measures)])
    bits, frames = [], []
    # segment 1: rows 1-2, columns 2-4 of slices 0 and 2; segment 2: pixel (5, 7) of slice 1
    for segment, k, inside in [(1, 0, (slice(1, 3), slice(2, 5))), (1, 2, (slice(1, 3), slice(2, 5))), (2, 1, (slice(5, 6), slice(7, 8)))]:
        plane = np.zeros((ROWS, COLUMNS), np.uint8)
        plane[inside] = 1
        bits.append(plane.ravel())
        holder = Dataset()
        place(holder, k, AXIAL)
        frames.append(group(PlanePositionSequence=record(ImagePositionPatient=holder.ImagePositionPatient), SegmentIdentificationSequence=record(ReferencedSegmentNumber=segment)))
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.Rows, ds.Columns, ds.NumberOfFrames = ROWS, COLUMNS, len(frames)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    packed = np.packbits(np.concatenate(bits), bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    out.save(ds, "seg")

    ds = base(patient, visit, 91, 1, "RTSTRUCT")
    ds.SOPClassUID = RTSTRUCT
    ds.Manufacturer, ds.SeriesDescription, ds.InstanceNumber = "simulated", "contours", 1
    ds.StructureSetLabel = "Zzsurname"
    ds.ReferencedFrameOfReferenceSequence = Sequence([record(
        FrameOfReferenceUID=ds.FrameOfReferenceUID,
        RTReferencedStudySequence=Sequence([record(RTReferencedSeriesSequence=Sequence([record(SeriesInstanceUID=series)]))]),
    )])
    ds.StructureSetROISequence = Sequence([record(ROINumber=1, ROIName="exclude Zzsurname", ReferencedFrameOfReferenceUID=ds.FrameOfReferenceUID, ROIGenerationAlgorithm="MANUAL")])
    # a square around the centres of columns 1-5 and rows 1-4 of slice 1, with a hole around column 3, row 2
    def square(c0, c1, r0, r1, k):
        corners = [(c0, r0), (c1, r0), (c1, r1), (c0, r1)]
        return [v for c, r in corners for v in (-20.0 + 1.5 * c, -15.0 + 2.0 * r, -30.0 + 4.0 * k)]
    contours = [record(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=square(*box, 1)) for box in [(0.5, 5.5, 0.5, 4.5), (2.5, 3.5, 1.5, 2.5)]]
    ds.ROIContourSequence = Sequence([record(ReferencedROINumber=1, ContourSequence=Sequence(contours))])
    out.save(ds, "rt")


def bad(out):
    """One folder each for what must be refused or asked about; patient b."""
    maker, model = "SIEMENS", "MAGNETOM Skyra"
    water = ["DERIVED", "PRIMARY", "DIXON", "WATER", "ND"]

    def series(folder, number, slices, image_type=water, description="x", **more):
        for n, k in enumerate(slices):
            ds = image("b", 0, number, n + 1, maker, model, image_type, description, 0, 0, te=2.46, sequence=["GR"])
            place(ds, k, AXIAL)
            for key, value in more.items():
                setattr(ds, key, value)
            out.save(ds, f"bad/{folder}")

    series("missing", 61, [0, 1, 3, 4])
    series("uneven", 62, [0, 1, 2.3, 3.3])
    series("doubled", 63, [0, 1, 1, 2])
    series("burned", 64, [0, 1, 2], BurnedInAnnotation="YES")
    for n in range(2):
        ds = image("b", 0, 65, n + 1, maker, model, water, "x", 0, n, te=2.46)
        for element, vr, value in [(0x10, "US", ROWS), (0x11, "US", COLUMNS), (0x40, "CS", "G"), (0x50, "SS", [1, 1]), (0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", b"\x01\0\0\0\0\0")]:
            ds.add_new((0x6000, element), vr, value)
        out.save(ds, "bad/overlay")
    series("open", 66, [0, 1, 2], image_type=["DERIVED", "PRIMARY", "DIXON", "ND"], description="dixon_W")
    series("contradiction", 67, [0, 1, 2], description="t1_dixon_F")
    series("twice", 68, [0, 1, 2])
    series("twice", 69, [0, 1, 2])
    series("mixed", 70, [0, 1])
    ds = image("b", 0, 70, 3, maker, model, water, "x", 0, 2, te=2.46)
    pixels(ds, 0, 0, rows=4, columns=4)
    out.save(ds, "bad/mixed")
    # a transfer syntax that only dcm2niix can read, and pixels that nobody can
    for k in range(2):
        ds = image("b", 0, 71, k + 1, maker, model, water, "x", 0, k, te=2.46)
        ds.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8 no picture"])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        out.save(ds, "bad/compressed", JPEGLSLossless)
    ds = base("b", 0, 72, 1, "OT")
    ds.SOPClassUID, ds.ConversionType, ds.Manufacturer = CAPTURE, "WSD", maker
    pixels(ds, 0, 0)
    out.save(ds, "bad/capture")
    # a diffusion series whose b-values nothing states
    for k in range(SLICES):
        ds = image("b", 0, 73, k + 1, maker, model, ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], "diff", 0, k, sequence=["EP"])
        out.save(ds, "bad/no-b")
    # several frames in a classic image, which cannot say where they lie
    for k in range(3):
        ds = image("b", 0, 74, k + 1, maker, model, water, "x", 0, k, te=2.46)
        ds.NumberOfFrames, ds.PixelData = 2, 2 * ds.PixelData
        out.save(ds, "bad/frames")


def two_echoes(out):
    """Dual gradient echo at 1.5 T without any word for the phases: 2.3 ms opposed, 4.6 ms in phase."""
    for echo, te in enumerate([2.3, 4.6]):
        for k in range(SLICES):
            ds = image("b", 0, 81, echo * SLICES + k + 1, "SIEMENS", "MAGNETOM Skyra", ["ORIGINAL", "PRIMARY", "M", "ND"], "fl2d dual", echo, k, te=te, field=1.5)
            out.save(ds, "dual")


def large(out):
    """One classic diffusion series for time and memory: 4 b-values, 240 slices of 256 x 256."""
    rng = np.random.default_rng(1)
    for v, b in enumerate([0, 50, 400, 900]):
        for k in range(240):
            ds = image("a", 0, 7, v * 240 + k + 1, "GE MEDICAL SYSTEMS", "SIGNA Pioneer", ["ORIGINAL", "PRIMARY", "OTHER"], "wb", v, k, sequence=["EP", "SE"], te=70.0)
            ds.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [b, 8, 0, 0])
            y, x = np.mgrid[-1:1:256j, -1:1:256j]
            body = (x**2 / 0.6 + y**2 / 0.4 < 1) * (900 * np.exp(-b * 1e-3)) + rng.rayleigh(12, (256, 256))
            pixels(ds, 0, 0, 256, 256)
            ds.PixelData = body.astype("<u2").tobytes()
            out.save(ds, "wb")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--large", action="store_true")
    args = parser.parse_args()
    out = Writer(args.out)
    if args.large:
        large(out)
        return
    siemens(out)
    ge(out)
    philips(out)
    uih(out)
    canon(out)
    multi_frame(out)
    drawings(out)
    two_echoes(out)
    bad(out)


if __name__ == "__main__":
    main()
