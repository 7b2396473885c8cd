# /// script
# requires-python = ">=3.9"
# dependencies = ["highdicom", "pydicom", "numpy"]
# ///
"""DICOM segmentations of vertebrae by highdicom, on images of scripts/reference/dicom_series.py. Simulated; no person.

    python3 scripts/reference/dicom_vertebrae.py tests/golden/dicom

`vert` holds L1, L2 and L3 (named by label, by label in another spelling, by coded type alone), a disc and muscle;
`vert-open` holds a vertebra twice, one whose label and code disagree, and one that is named T1 lesion. Block n of rows
(from the top) of the sagittal images is segment n. Written files are the same bytes on every run.
"""

import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

root = Path(sys.argv[1])
sources = sorted(
    (image for image in map(pydicom.dcmread, sorted((root / "sa0").iterdir())) if image.SeriesNumber == 5),
    key=lambda image: image.ImagePositionPatient[0],
)
vertebra = hd.sr.CodedConcept("51282000", "SCT", "Vertebra")


def write(folder, number, segments):
    """`segments`: label and coded type; each is one row of the picture, columns 1 to 3, of the slices it is given."""
    shape = (len(sources), sources[0].Rows, sources[0].Columns, len(segments))
    pixels = np.zeros(shape, np.uint8)
    descriptions = []
    for n, (label, code, slices) in enumerate(segments):
        pixels[slices, n, 1:4, n] = 1
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
