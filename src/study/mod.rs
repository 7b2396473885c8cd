//! Many sessions: their settings, their files, the batch that measures them, the tables that gather them.

mod config;
mod discover;
mod error;
pub mod simulate;
mod text_table;

pub use config::{
    Endpoint, EndpointSource, FILE_NAME as CONFIG_FILE, Method, Models, Plan, Regions, Sessions, StudyConfig,
    TdvSettings, Validate, template,
};
pub use discover::{EXCLUSIONS, Exclusion, MANIFEST, bare, discover, exclusions};
pub use error::StudyError;
pub use text_table::TextTable;
