#!/usr/bin/env python3
"""Where ITK's text transforms take a point: reference for the test in src/image/affine.rs.

Needs SimpleITK. Prints each transform as ITK writes it and the image of the point (10, -20, 30) mm, RAS+; ITK counts
LPS+, so x and y change sign on the way in and out.
"""

import os
import tempfile

import SimpleITK as sitk

POINT = (10.0, -20.0, 30.0)

affine = sitk.AffineTransform(3)
affine.SetMatrix((0.99, 0.05, -0.02, -0.04, 1.01, 0.03, 0.01, -0.06, 0.98))
affine.SetTranslation((4.0, -7.5, 21.0))
affine.SetCenter((12.0, 30.0, -55.0))

euler = sitk.Euler3DTransform()
euler.SetCenter((-5.0, 40.0, 100.0))
euler.SetRotation(0.05, -0.08, 0.11)
euler.SetTranslation((3.0, -6.0, 12.0))

zyx = sitk.Euler3DTransform(euler)
zyx.SetComputeZYX(True)

for transform in (affine, euler, zyx):
    path = os.path.join(tempfile.mkdtemp(), "t.tfm")
    sitk.WriteTransform(transform, path)
    x, y, z = transform.TransformPoint((-POINT[0], -POINT[1], POINT[2]))
    print(open(path).read())
    print([-x, -y, z])
