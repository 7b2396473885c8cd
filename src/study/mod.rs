//! Many sessions: their settings, their files, the batch that measures them, the tables that gather them.

mod collect;
mod config;
mod csv_out;
mod dictionary;
mod discover;
mod error;
mod jobs;
mod progress;
mod runner;
mod session_histograms;
mod session_manifest;
mod session_writer;
pub mod simulate;
mod study_manifest;
mod text_table;
mod throttle;

pub use collect::{Collected, WITHHELD, Wide, collect};
pub use config::{
    Endpoint, EndpointSource, FILE_NAME as CONFIG_FILE, Method, Models, Plan, Sessions, StudyConfig, Validate, template,
};
pub use csv_out::{number, write_csv};
pub use dictionary::dictionary;
pub use discover::{EXCLUSIONS, Exclusion, MANIFEST, bare, discover, exclusions};
pub use error::StudyError;
pub use jobs::{Selected, jobs, study_inputs};
pub use runner::{BatchParams, BatchSummary, Job, SessionObserver, run_batch};
pub use session_manifest::{FILE_NAME as MANIFEST_FILE, InputFile, SessionKey, SessionManifest, VERSION};
pub use session_writer::{LESIONS, MEASURES, session_folder_of};
pub use study_manifest::{SessionState, StudyManifest};
pub use text_table::TextTable;
