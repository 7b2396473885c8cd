# /// script
# requires-python = ">=3.9"
# dependencies = ["highdicom", "pydicom", "numpy"]
# ///
"""DICOM segmentations of vertebrae by highdicom, on images of scripts/reference/dicom_series.py. Simulated; no person.

    python3 scripts/reference/dicom_vertebrae.py tests/golden/dicom

`vert` holds L1, L2 and L3 (named by label, by label in another spelling, by coded type alone), a disc and muscle;
`vert-open` holds a vertebra twice, one whose label and code disagree, and one that is named T1 lesion. Block n of rows
(from the top) of the sagittal images is segment n. In `vert-overlap` L1 and L2 have row 1 in common, in `vert-overlap-rt` the
contours of L1 and L2 two columns of a slice. Written files are the same bytes on every run.
"""

import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dicom_series import RTSTRUCT, Writer, base, record

root = Path(sys.argv[1])
sources = sorted(
    (image for image in map(pydicom.dcmread, sorted((root / "sa0").iterdir())) if image.SeriesNumber == 5),
    key=lambda image: image.ImagePositionPatient[0],
)
vertebra = hd.sr.CodedConcept("51282000", "SCT", "Vertebra")


def write(folder, number, segments, overlap=0):
    """`segments`: label and coded type; each is one row of the picture (and `overlap` more), columns 1 to 3, of its slices."""
    shape = (len(sources), sources[0].Rows, sources[0].Columns, len(segments))
    pixels = np.zeros(shape, np.uint8)
    descriptions = []
    for n, (label, code, slices) in enumerate(segments):
        pixels[slices, n : n + 1 + overlap, 1:4, n] = 1
        descriptions.append(hd.seg.SegmentDescription(
            segment_number=n + 1,
            segment_label=label,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=code,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        ))
    seg = hd.seg.Segmentation(
        source_images=sources,
        pixel_array=pixels,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(entropy_srcs=["vertebrae", folder]),
        series_number=number,
        sop_instance_uid=generate_uid(entropy_srcs=["vertebrae", folder, "1"]),
        instance_number=1,
        manufacturer="simulated",
        manufacturer_model_name="simulated",
        software_versions="1",
        device_serial_number="ZZSERIAL1",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        content_label="VERTEBRAE",
    )
    for element in seg.iterall():
        # what highdicom takes from the clock or draws
        if element.VR == "DA" and element.keyword.startswith(("Content", "Series", "InstanceCreation")):
            element.value = "20210304"
        if element.VR == "TM" and element.keyword.startswith(("Content", "Series", "InstanceCreation")):
            element.value = "113355"
        if element.VR == "DT":
            element.value = "20210304113355"
        if element.keyword == "DimensionOrganizationUID":
            element.value = generate_uid(entropy_srcs=["vertebrae", folder, "dimension"])
    (root / folder).mkdir(parents=True, exist_ok=True)
    seg.save_as(root / folder / f"IM{number:04d}", enforce_file_format=True)


all_slices, one = slice(0, 3), slice(1, 2)
write("vert", 92, [
    ("L1", vertebra, all_slices),
    ("Vertebra L2", vertebra, one),
    ("segment", codes.SCT.L3Vertebra, all_slices),
    ("L3-L4 disc", hd.sr.CodedConcept("361725000", "SCT", "Disc"), all_slices),
    ("psoas", hd.sr.CodedConcept("91727004", "SCT", "Muscle"), all_slices),
])
write("vert-open", 93, [
    ("L1", vertebra, one),
    ("first lumbar vertebra", vertebra, one),
    ("L3", codes.SCT.L4Vertebra, one),
    ("T1 lesion", hd.sr.CodedConcept("108369006", "SCT", "Neoplasm"), one),
])
write("vert-overlap", 94, [("L1", vertebra, one), ("L2", vertebra, one)], overlap=1)


def overlapping_contours(folder, number):
    """Columns 1-4 (L1) and 3-6 (L2) of rows 1-2 of the middle slice."""
    image = sources[1]
    ds = base("a", 0, number, 1, "RTSTRUCT")
    ds.SOPClassUID = RTSTRUCT
    ds.Manufacturer, ds.SeriesDescription, ds.InstanceNumber = "simulated", "contours", 1
    referenced = record(SeriesInstanceUID=image.SeriesInstanceUID)
    study = record(RTReferencedSeriesSequence=Sequence([referenced]))
    ds.ReferencedFrameOfReferenceSequence = Sequence(
        [record(FrameOfReferenceUID=image.FrameOfReferenceUID, RTReferencedStudySequence=Sequence([study]))]
    )
    names = ["vertebrae_L1", "vertebrae_L2"]
    ds.StructureSetROISequence = Sequence(
        [record(ROINumber=n + 1, ROIName=name, ReferencedFrameOfReferenceUID=image.FrameOfReferenceUID) for n, name in enumerate(names)]
    )
    row, column = (np.array(image.ImageOrientationPatient[k : k + 3]) for k in (0, 3))
    origin, (row_mm, column_mm) = np.array(image.ImagePositionPatient), image.PixelSpacing

    def box(first, last):
        corners = [(first - 0.5, 0.5), (last + 0.5, 0.5), (last + 0.5, 2.5), (first - 0.5, 2.5)]
        points = [origin + row * column_mm * c + column * row_mm * r for c, r in corners]
        return [float(v) for point in points for v in point]

    ds.ROIContourSequence = Sequence([
        record(ReferencedROINumber=n + 1, ContourSequence=Sequence(
            [record(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=box(*ends))]
        ))
        for n, ends in enumerate([(1, 4), (3, 6)])
    ])
    Writer(root).save(ds, folder)


overlapping_contours("vert-overlap-rt", 95)
