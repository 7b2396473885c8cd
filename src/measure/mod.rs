//! What is measured in one session: the roles of its files, the biomarkers and the rows they yield.
//!
//! [`BIOMARKERS`] is the registry; each biomarker is one file with its entry. [`measure_session`] runs those that a
//! session's images call for.

mod adc;
mod checks;
mod dropout;
mod error;
mod evidence;
mod gadc;
mod inspect;
mod levels;
mod load;
mod output;
mod params;
mod pdff;
mod raw_echoes;
mod registry;
mod role;
mod row;
mod segmented_alike;
mod session;
mod sff;
mod stations;
mod tdv;

pub use crate::diffusion::map_change::MARROW_WCV as MARROW_ADC_WCV;
pub use checks::{EMPTY_REGION, MOSTLY_WITHHELD, OUT_OF_RANGE, SMALL_REGION, SMALL_REGION_VOXELS, SWAP_SUSPECTED};
pub use error::MeasureError;
pub use evidence::Evidence;
pub use inspect::{Inspection, inspect};
pub use load::Load;
pub use output::{Backgrounds, MapData, MapOut, MeasuredSession};
pub use params::{FatFractionSettings, LeftOut, MeasureParams, RegionSettings, TdvSettings};
pub use registry::{BIOMARKERS, BODY, Biomarker, Citation, Place, Yield, biomarker, order, yielded};
pub use role::{ON_DIXON, ON_DWI, Role, RoleFile, SessionInputs};
pub use row::MeasureRow;
pub use segmented_alike::{SegmentationRecord, unlike};
pub use session::{SessionWork, levels_present, measure_session};
