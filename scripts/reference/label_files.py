# /// script
# requires-python = ">=3.10"
# dependencies = ["nibabel==5.4.2", "numpy", "pynrrd==1.1.3"]
# ///
"""Small label maps as other programs write them, and what is measured in them.

    uv run scripts/reference/label_files.py tests/golden/labels

One simulated image (a ramp) and five boxes for L1 to L5, each with a body and a posterior part, as TotalSegmentator (class
names in the header extension, by the code of its `nifti_ext_header.py`: ecode 0, XML of Connectome Workbench), 3D Slicer
(`.seg.nrrd` by pynrrd: cropped, layered, big-endian, off the lattice) and SPINEPS (instance and semantic mask) store them; an
ITK-SNAP label file and a BIDS dseg.tsv; a map on a coarser grid, one stored upside down; a header full of invented personal
data. `expected.json` has for each map and level the number of voxels and the mean of the image, from numpy on the arrays
that pynrrd and nibabel read back, placed by their affines. Everything is fixed; a second run gives the same bytes.
"""

import gzip
import json
import sys
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
SHAPE = (16, 20, 40)
AFFINE = np.array([[-2.0, 0, 0, 15], [0, -1.5, 0, 12], [0, 0, 3.0, -60], [0, 0, 0, 1]])
i, j, k = np.indices(SHAPE)
image = (i + 20 * j + 0.5 * k).astype(np.float32)

level = np.zeros(SHAPE, np.int16)  # 1 = L1 (highest) ... 5 = L5
body = np.zeros(SHAPE, bool)
for n in range(1, 6):
    low = 35 - 7 * n
    level[3:13, 4:12, low : low + 5] = n
    level[6:10, 12:17, low + 1 : low + 3] = n
    body[3:13, 4:12, low : low + 5] = True


def save(array, name, affine=AFFINE, header=None):
    nifti = nib.Nifti1Image(array, affine, header)
    nifti.header["descrip"] = nifti.header["descrip"] if header is not None else b""
    nifti.set_sform(affine, 1)
    nifti.set_qform(affine, 1)
    nifti.header.set_xyzt_units("mm")
    raw = nifti.to_bytes()
    (out / name).write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)


def mapped(table):
    array = np.zeros(SHAPE, np.int16)
    for n, label in table.items():
        array[level == n] = label
    return array


def measured(array, of_level):
    """Voxels and mean of the image by level; `of_level`: level name to label."""
    rows = {}
    for name, label in of_level.items():
        inside = array == label
        if inside.any():
            rows[name] = [int(inside.sum()), float(image[inside].astype(np.float64).mean())]
    return rows


LEVELS = [f"L{n}" for n in range(1, 6)]
expected = {}
save(image, "image.nii.gz")

# TotalSegmentator, classes of `total`
total = mapped({n: 32 - n for n in range(1, 6)})
total[0:2, 0:3, 0:3] = 5
names = {5: "liver", **{32 - n: f"vertebrae_L{n}" for n in range(1, 6)}}
labels = "".join(
    f'<Label Key="{key}" Red="1.0" Green="0.0" Blue="0.0" Alpha="1"><![CDATA[{name}]]></Label>\n' for key, name in names.items()
)
xml = (
    '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>  <Date><![CDATA[2013-07-14T05:45:09]]></Date>   '
    f'<VolumeInformation Index="0">   <LabelTable>\n{labels}\n  </LabelTable>  <StudyMetaDataLinkSet>  '
    "</StudyMetaDataLinkSet>  <VolumeType><![CDATA[Label]]></VolumeType>   </VolumeInformation></CaretExtension>\n"
)
header = nib.Nifti1Header()
header.extensions.append(nib.nifti1.Nifti1Extension(0, xml.encode()))
save(total, "totalsegmentator.nii.gz", header=header)
expected["totalsegmentator.nii.gz"] = measured(total, {f"L{n}": 32 - n for n in range(1, 6)})

# other labels with a table beside them
mine = mapped({n: 10 * n for n in range(1, 6)})
save(mine, "numbered.nii.gz")
expected["numbered.nii.gz"] = measured(mine, {f"L{n}": 10 * n for n in range(1, 6)})
(out / "numbered_dseg.tsv").write_text("index\tname\n" + "".join(f"{10 * n}\tL{n}\n" for n in range(1, 6)))
(out / "numbered_itksnap.txt").write_text(
    "################################################\n# ITK-SnAP Label Description File\n"
    '    0     0    0    0        0  0  0    "Clear Label"\n'
    + "".join(f'   {10 * n}   255    0    0        1  1  1    "L{n}"\n' for n in range(1, 6))
)

# SPINEPS: instances (20 = L1) and semantic classes (49 = vertebra corpus, 41 = arcus vertebrae)
spineps = mapped({n: 19 + n for n in range(1, 6)})
semantic = np.where(body, 49, np.where(level > 0, 41, 0)).astype(np.uint8)
save(spineps, "spineps_vertebrae.nii.gz")
save(semantic, "spineps_semantic.nii.gz")
only_body = np.where(semantic == 49, spineps, 0)
expected["spineps_vertebrae.nii.gz body"] = measured(only_body, {f"L{n}": 19 + n for n in range(1, 6)})
expected["spineps_vertebrae.nii.gz"] = measured(spineps, {f"L{n}": 19 + n for n in range(1, 6)})

# 3D Slicer: LPS, cropped to the segments
low, high = np.argwhere(level > 0).min(0), np.argwhere(level > 0).max(0) + 1
box = level[tuple(slice(a, b) for a, b in zip(low, high))]
TO_LPS = np.diag([-1.0, -1.0, 1.0])


def slicer(name, array, origin_index, segments, layers=False, encoding="gzip", endian="little", shift_mm=0.0):
    directions = (TO_LPS @ AFFINE[:3, :3]).T
    origin = TO_LPS @ (AFFINE @ [*origin_index, 1])[:3]
    origin[0] += shift_mm
    if layers:
        directions = np.vstack([[np.nan] * 3, directions])
    fields = {
        "space": "left-posterior-superior",
        "kinds": ["list"] * layers + ["domain"] * 3,
        "space directions": directions,
        "space origin": origin,
        "encoding": encoding,
        "endian": endian,
        "Segmentation_ReferenceImageExtentOffset": " ".join(map(str, origin_index)),
        "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
    }
    for n, (segment, value, layer) in enumerate(segments):
        fields[f"Segment{n}_ID"] = f"Segment_{n + 1}"
        fields[f"Segment{n}_Name"] = segment
        fields[f"Segment{n}_LabelValue"] = str(value)
        fields[f"Segment{n}_Layer"] = str(layer)
    if endian == "big":
        array = array.astype(array.dtype.newbyteorder(">"))
    # the same bytes on every run: the writer puts no time, zlib's level is fixed
    nrrd.write(str(out / name), array, fields, detached_header=False, compression_level=6)
    lines = (out / name).read_bytes()
    if b"# on " in lines:  # pynrrd notes the day
        head, _, rest = lines.partition(b"# on ")
        (out / name).write_bytes(head + rest.partition(b"\n")[2])
    back, _ = nrrd.read(str(out / name))
    return back


def placed(cropped, origin_index):
    whole = np.zeros(SHAPE, np.int16)
    whole[tuple(slice(a, a + n) for a, n in zip(origin_index, cropped.shape))] = cropped
    return whole


named = [(f"L{n}", n, 0) for n in range(1, 6)]
back = slicer("cropped.seg.nrrd", box.astype(np.uint8), low, named)
expected["cropped.seg.nrrd"] = measured(placed(back, low), {f"L{n}": n for n in range(1, 6)})
back = slicer("big_raw.seg.nrrd", box.astype(np.int16), low, named, encoding="raw", endian="big")
expected["big_raw.seg.nrrd"] = measured(placed(back, low), {f"L{n}": n for n in range(1, 6)})
layered = np.stack([box, (box > 0).astype(box.dtype)]).astype(np.uint8)
back = slicer("layers.seg.nrrd", layered, low, [("whole spine", 1, 1), *named], layers=True)
expected["layers.seg.nrrd"] = measured(placed(back[0], low), {f"L{n}": n for n in range(1, 6)})
slicer("off_lattice.seg.nrrd", box.astype(np.uint8), low, named, shift_mm=0.8)

# another grid, nearest label by world position; a map stored upside down
COARSE = np.array([[-4.0, 0, 0, 14], [0, -3.0, 0, 11.25], [0, 0, 3.0, -60], [0, 0, 0, 1]])
coarse = level[::2, ::2, :]
save(coarse.astype(np.int16), "coarse.nii.gz", COARSE)
index = np.linalg.inv(COARSE) @ AFFINE @ np.stack([i.ravel(), j.ravel(), k.ravel(), np.ones(i.size)])
nearest = np.floor(index[:3] + 0.5).astype(int)
inside = ((nearest >= 0) & (nearest < np.array(coarse.shape)[:, None])).all(0)
resampled = np.zeros(i.size, np.int16)
resampled[inside] = coarse[tuple(nearest[:, inside])]
resampled = resampled.reshape(SHAPE)
expected["coarse.nii.gz"] = measured(resampled, {f"L{n}": n for n in range(1, 6)})
(out / "plain_dseg.tsv").write_text("index\tname\n" + "".join(f"{n}\tL{n}\n" for n in range(1, 6)))
save(spineps[:, :, ::-1], "upside_down.nii.gz")

# invented personal data in a header
header = nib.Nifti1Header()
header["descrip"] = b"TE=1.2;Time=101112.5; 31-Jan-2020"
header["db_name"] = b"DOE^JANE"
header["aux_file"] = b"left hip pain"
header.extensions.append(nib.nifti1.Nifti1Extension(2, b"\x10\x00\x10\x00PN\x08\x00DOE^JANE\x10\x00\x20\x00LO\x06\x00123456"))
header.extensions.append(nib.nifti1.Nifti1Extension(44, b'{"PatientName": "Doe^Jane", "EchoTime": 0.001}'))
person = nib.Nifti1Image(np.ones((2, 2, 2), np.int16), AFFINE, header)
person.set_sform(AFFINE, 1)
person.set_qform(AFFINE, 1)
(out / "person.nii").write_bytes(person.to_bytes())

(out / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
