//! Many sessions: their settings, their files, the batch that measures them, the tables that gather them.

mod collect;
mod config;
mod csv_out;
mod derivative;
mod dictionary;
mod discover;
mod error;
pub mod import;
mod jobs;
mod layout;
mod progress;
mod runner;
mod runs;
mod session_histograms;
mod session_manifest;
mod session_writer;
pub mod simulate;
mod spss;
mod study_manifest;
mod table_formats;
mod text_table;
mod throttle;
mod workbook;

pub use collect::{Collected, WITHHELD, Wide, collect};
pub use config::{
    Endpoint, EndpointSource, FILE_NAME as CONFIG_FILE, Method, Models, Plan, Sessions, StudyConfig, Validate, template,
};
pub use csv_out::{number, write_csv};
pub use derivative::{FOLDER as BIDS_FOLDER, description, write_dataset};
pub use dictionary::dictionary;
pub use discover::{EXCLUSIONS, Exclusion, bare, discover, exclusions, manifest_of};
pub use error::StudyError;
pub use jobs::{Selected, jobs, study_inputs};
pub use layout::{DERIVATIVES, role_of_name};
pub use runner::{BatchParams, BatchSummary, Job, SessionObserver, run_batch};
pub use runs::{RunChoice, choose_runs};
pub use session_manifest::{FILE_NAME as MANIFEST_FILE, InputFile, SessionKey, SessionManifest, VERSION};
pub use session_writer::{LESIONS, MEASURES, session_folder_of};
pub use study_manifest::{SessionState, StudyManifest};
pub use throttle::available_bytes;
/// Name of the clinical table of a study, without its ending.
pub const CLINICAL: &str = "clinical";
pub use table_formats::{frame_of, read_frame, table_named};
pub use text_table::TextTable;
