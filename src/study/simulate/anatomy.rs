//! The simulated body of one patient at one session: parts in painter's order (the last one drawn is seen).
//!
//! Simple but honest: trunk, thighs, neck and head; subcutaneous fat, viscera, paraspinal and psoas muscle, lungs, liver,
//! spleen, kidneys, bladder, brain; cervical to lumbar vertebral bodies on a curve with discs between, canal and cord;
//! sacrum, ilia, femora, sternum. Left out: arms, ribs, posterior elements. The origin is the centre of L3.

use super::cohort::{Markers, Patient};
use super::lesions::Lesion;
use super::noise::{Purpose, StreamName, normal, uniform};
use super::shapes::{Form, Point};
use super::tissue::{self, Tissue};

/// Thickness of cortical bone round a vertebral body, mm.
pub(crate) const CORTEX_MM: f64 = 1.2;

/// What a part counts as in the masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing special.
    Other,
    /// In the bone mask.
    Bone,
    /// In the muscle reference, where a voxel holds nothing else.
    Reference,
    /// Bright on diffusion images without being marrow: in the exclusion mask.
    Exclude,
}

/// A piece of the body with one tissue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Its shape.
    pub form: Form,
    /// Its tissue.
    pub tissue: Tissue,
    /// Thickness (mm) and tissue of its shell.
    pub shell: Option<(f64, Tissue)>,
    /// Label in TotalSpineSeg numbers, 0 = none.
    pub label: i32,
    /// What it counts as.
    pub role: Role,
}

/// The body of one patient at one session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anatomy {
    /// Parts, the last one on top.
    pub parts: Vec<Part>,
}

impl Anatomy {
    /// The site at `p` as far as part number `part` covers it.
    pub(crate) fn site_in_part(&self, part: usize, p: Point) -> Option<super::sampling::Site> {
        let Part { form, shell, .. } = &self.parts[part];
        let depth = form.depth(p);
        (depth > 0.0)
            .then(|| super::sampling::Site { part: part as u16, shell: shell.is_some_and(|(mm, _)| depth < mm) })
    }

    /// The tissue at a site.
    pub(crate) fn tissue(&self, site: super::sampling::Site) -> &Tissue {
        let part = &self.parts[site.part as usize];
        match &part.shell {
            Some((_, tissue)) if site.shell => tissue,
            _ => &part.tissue,
        }
    }
}

/// A bone in which lesions can lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bone {
    /// `L1`, `T12`, `sacrum`, `ilium-right` ...
    pub name: String,
    /// Label in TotalSpineSeg numbers, 0 where the scheme has none.
    pub label: i32,
    /// Its shape, cortex included.
    pub form: Form,
}

/// What stays the same at every session of a patient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Build {
    /// Bones with marrow that myeloma reaches.
    pub bones: Vec<Bone>,
    /// Discs: label and shape.
    discs: Vec<(i32, Form)>,
    /// Canal and cord.
    canal: Vec<[Form; 2]>,
    /// Factor on the fat fraction of L1-L5.
    pub level_fat: [f64; 5],
    /// Factor on the ADC of L1-L5.
    pub level_adc: [f64; 5],
}

/// Distances of the centres from front to back follow the curve of the spine: lordosis in the loin, kyphosis above.
fn spine_y(z: f64) -> [f64; 2] {
    let angle = std::f64::consts::TAU * z / 520.0;
    let slope = -9.0 * std::f64::consts::TAU / 520.0 * angle.sin();
    [-44.0 + 9.0 * angle.cos(), slope]
}

/// `[name, label, height, half width, half depth, disc below]` from L5 up, in mm before scaling.
fn levels() -> Vec<(String, i32, [f64; 3], f64, i32)> {
    let mut levels = Vec::new();
    for n in (1..=5).rev() {
        levels.push((format!("L{n}"), 40 + n, [24.0, 17.0, 13.5], 9.0, if n == 5 { 100 } else { 91 + n }));
    }
    for n in (1..=12).rev() {
        let size = 0.70 + 0.02 * f64::from(n);
        let half = [24.0 * size, 17.0 * size, 11.0];
        levels.push((format!("T{n}"), 20 + n, half, 5.0, if n == 12 { 91 } else { 71 + n }));
    }
    for n in (1..=7).rev() {
        levels.push((format!("C{n}"), 10 + n, [12.0, 9.0, 6.5], 5.0, if n == 7 { 71 } else { 61 + n }));
    }
    levels
}

impl Build {
    /// The build of one patient.
    pub(crate) fn draw(patient: &Patient, seed: u64) -> Build {
        let mut rng = StreamName::of_patient(Purpose::Anatomy, patient.number).rng(seed);
        let size = uniform(&mut rng, 0.95, 1.03);
        let level_fat = std::array::from_fn(|n| (0.04 * (n as f64 - 2.0) + normal(&mut rng, 0.0, 0.05)).exp());
        let level_adc = std::array::from_fn(|_| normal(&mut rng, 0.0, 0.03).exp());
        let mut build = Build { bones: Vec::new(), discs: Vec::new(), canal: Vec::new(), level_fat, level_adc };
        let levels = levels();
        // height of L5's lower end, so that L3's centre is the origin
        let mut lower = -(13.5 + 2.0 * (27.0 + 9.0)) * size;
        for (name, label, half, disc, disc_label) in levels {
            let fractured = patient.fractured.is_some_and(|n| label == 41 + n as i32);
            let half = half.map(|side| side * size);
            let block = |half: Point, z: f64, back: f64, rounding: f64| {
                let [y, slope] = spine_y(z);
                let angle = slope.atan();
                Form::Block { centre: [0.0, y - back, z], half, rounding, tilt: [angle.cos(), -angle.sin()] }
            };
            let centre = lower + half[2];
            let disc_half = [0.94 * half[0], 0.94 * half[1], 0.5 * disc * size + 1.0];
            if name != "C1" {
                build.discs.push((disc_label, block(disc_half, lower - 0.5 * disc * size, 0.0, 2.0)));
            }
            let canal_half = half[2] + 0.5 * disc * size + 1.0;
            let back = half[1] + 9.5;
            build.canal.push([
                block([10.0, 8.0, canal_half], centre - 0.5 * disc * size, back, 1.0),
                block([5.0, 4.5, canal_half], centre - 0.5 * disc * size, back, 1.0),
            ]);
            // a fractured body has lost a quarter of its height
            let body_half = if fractured { [half[0], half[1], 0.75 * half[2]] } else { half };
            build.bones.push(Bone { name, label, form: block(body_half, centre, 0.0, 5.0_f64.min(0.8 * half[2])) });
            lower += 2.0 * half[2] + disc * size_of_disc_above(label) * size;
        }
        let mut ellipsoid = |name: &str, label: i32, centre: Point, radii: Point| {
            build.bones.push(Bone { name: name.to_owned(), label, form: Form::Ellipsoid { centre, radii } });
        };
        ellipsoid("sacrum", 50, [0.0, -60.0, -136.0], [46.0, 20.0, 37.0]);
        ellipsoid("ilium-right", 0, [88.0, -25.0, -145.0], [30.0, 40.0, 52.0]);
        ellipsoid("ilium-left", 0, [-88.0, -25.0, -145.0], [30.0, 40.0, 52.0]);
        let half = [18.0, 5.0, 70.0];
        let sternum = Form::Block { centre: [0.0, 86.0, 330.0], half, rounding: 4.0, tilt: [1.0, 0.0] };
        build.bones.push(Bone { name: "sternum".to_owned(), label: 0, form: sternum });
        build
    }

    /// The bone of that name.
    pub(crate) fn bone(&self, name: &str) -> Option<&Bone> {
        self.bones.iter().find(|bone| bone.name == name)
    }
}

/// The disc above a level is drawn with the level above it and has that level's thickness: 9 mm up to L1, 5 mm from
/// T12 on. Expressed as a factor on this level's own.
fn size_of_disc_above(label: i32) -> f64 {
    if label == 41 { 5.0 / 9.0 } else { 1.0 }
}

/// The body of `patient` at one session: soft tissue, bones with that session's marrow, lesions.
pub(crate) fn body(patient: &Patient, build: &Build, markers: &Markers, lesions: &[Lesion], session: usize) -> Anatomy {
    let mut parts = soft_tissue();
    for (label, form) in &build.discs {
        parts.push(Part { form: form.clone(), tissue: tissue::DISC, shell: None, label: *label, role: Role::Other });
    }
    for [canal, cord] in &build.canal {
        parts.push(Part { form: canal.clone(), tissue: tissue::CANAL, shell: None, label: 2, role: Role::Exclude });
        parts.push(Part { form: cord.clone(), tissue: tissue::CORD, shell: None, label: 1, role: Role::Exclude });
    }
    for bone in &build.bones {
        let level = (41..=45).contains(&bone.label).then(|| (bone.label - 41) as usize);
        let mut fat = markers.marrow_fat * level.map_or(1.0, |n| build.level_fat[n]);
        let mut adc = markers.marrow_adc * level.map_or(1.0, |n| build.level_adc[n]);
        if level.is_some() && level == patient.fractured {
            // oedema of a recent fracture, less at the second visit
            (fat, adc) = if session == 0 { (0.05, 1350.0) } else { (0.15, 1100.0) };
        }
        parts.push(Part {
            form: bone.form.clone(),
            tissue: tissue::marrow(fat.clamp(0.01, 0.90), markers.marrow_ratio, adc),
            shell: (bone.label != 0 && bone.label != 50).then_some((CORTEX_MM, tissue::CORTEX)),
            label: bone.label,
            role: Role::Bone,
        });
    }
    for lesion in lesions {
        let Some((form, state)) = lesion.at(session) else { continue };
        parts.push(Part {
            form,
            tissue: tissue::lesion(state.ratio, state.adc),
            shell: None,
            label: build.bone(&lesion.bone).map_or(0, |bone| bone.label),
            role: Role::Bone,
        });
    }
    Anatomy { parts }
}

fn soft_tissue() -> Vec<Part> {
    let column = |x: f64, y: f64, rx: f64, ry: f64, low: f64, high: f64| Form::Column {
        centre: [x, y],
        radii: [rx, ry],
        ends: [low, high],
    };
    let ellipsoid = |centre: Point, radii: Point| Form::Ellipsoid { centre, radii };
    let mut parts = Vec::new();
    let mut put = |form: Form, tissue: Tissue, role: Role| {
        parts.push(Part { form, tissue, shell: None, label: 0, role });
    };
    for x in [-88.0, 88.0] {
        put(column(x, 0.0, 80.0, 88.0, -520.0, -205.0), tissue::FAT, Role::Other);
        put(column(x, 0.0, 64.0, 72.0, -520.0, -205.0), tissue::MUSCLE, Role::Reference);
        put(ellipsoid([x, -5.0, -235.0], [24.0, 24.0, 25.0]), tissue::yellow_marrow(), Role::Bone);
        put(column(x, -5.0, 14.0, 14.0, -480.0, -245.0), tissue::yellow_marrow(), Role::Bone);
    }
    put(ellipsoid([0.0, 10.0, 620.0], [76.0, 96.0, 104.0]), tissue::FAT, Role::Other);
    put(column(0.0, -22.0, 60.0, 64.0, 495.0, 570.0), tissue::MUSCLE, Role::Other);
    put(ellipsoid([0.0, 10.0, 628.0], [67.0, 87.0, 84.0]), tissue::BRAIN, Role::Exclude);
    put(column(0.0, 0.0, 172.0, 112.0, -210.0, 500.0), tissue::FAT, Role::Other);
    put(column(0.0, 0.0, 157.0, 97.0, -210.0, 500.0), tissue::VISCERA, Role::Other);
    for side in [-1.0, 1.0] {
        put(column(side * 38.0, -66.0, 30.0, 23.0, -170.0, 470.0), tissue::MUSCLE, Role::Reference);
        put(column(side * 42.0, -28.0, 16.0, 19.0, -120.0, 75.0), tissue::MUSCLE, Role::Other);
        put(ellipsoid([side * 80.0, 10.0, 335.0], [58.0, 72.0, 115.0]), tissue::AIR, Role::Other);
        put(ellipsoid([side * 74.0, -28.0, 78.0], [25.0, 25.0, 52.0]), tissue::KIDNEY, Role::Exclude);
    }
    put(ellipsoid([75.0, 18.0, 165.0], [68.0, 70.0, 68.0]), tissue::LIVER, Role::Other);
    put(ellipsoid([-104.0, -28.0, 170.0], [32.0, 38.0, 50.0]), tissue::SPLEEN, Role::Exclude);
    put(ellipsoid([0.0, 32.0, -168.0], [42.0, 36.0, 36.0]), tissue::BLADDER, Role::Exclude);
    put(Form::ball(GAS.0, GAS.1), tissue::AIR, Role::Other);
    parts
}

/// Centre and radius of a gas bubble in the bowel before the lumbar spine, which bends the field.
pub(crate) const GAS: (Point, f64) = ([10.0, 42.0, -15.0], 13.0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::simulate::cohort::draw_patients;
    use crate::study::simulate::options::SimulateOptions;

    #[test]
    fn the_spine_is_stacked_without_overlap_and_l3_is_the_origin() {
        let patients = draw_patients(&SimulateOptions::default());
        let build = Build::draw(&patients[0], 1);
        let centre = |name: &str| match build.bone(name).unwrap().form {
            Form::Block { centre, half, .. } => (centre, half),
            _ => unreachable!(),
        };
        assert!(centre("L3").0[2].abs() < 1e-9);
        let order = ["L5", "L4", "L3", "L2", "L1", "T12", "T11", "T6", "T1", "C7", "C2"];
        for pair in order.windows(2) {
            let ((below, half_below), (above, half_above)) = (centre(pair[0]), centre(pair[1]));
            assert!(above[2] - half_above[2] > below[2] + half_below[2] + 3.0, "{pair:?}");
        }
        assert_eq!(build.discs.iter().map(|(label, _)| *label).collect::<Vec<_>>()[..6], [100, 95, 94, 93, 92, 91]);
    }
}
