//! NiiVue, as the user installed it from npm. It is not part of this program: its file is taken as it is and put beside the pages.

use crate::report::ReportError;
use std::path::{Path, PathBuf};

/// Where the npm package keeps the build that a page without a server can load.
const BUILD: &str = "dist/niivue.umd.js";
/// Name of the copy beside the pages.
pub(super) const COPY: &str = "niivue.umd.js";

/// The library of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NiiVue {
    pub(super) script: String,
    /// `NiiVue 0.69.0`, or `NiiVue` where no package file says which.
    pub(super) name: String,
}

impl NiiVue {
    /// Reads it from the folder of the npm package or from its build `dist/niivue.umd.js`.
    ///
    /// # Errors
    /// [`ReportError::NiiVue`] where there is no such build.
    pub fn read(path: &Path) -> Result<NiiVue, ReportError> {
        let file = if path.is_dir() { path.join(BUILD) } else { path.to_owned() };
        let refuse = |reason: &str| ReportError::NiiVue { path: file.clone(), reason: reason.to_owned() };
        let script = std::fs::read_to_string(&file).map_err(|error| refuse(&error.to_string()))?;
        // the module builds of the package cannot be loaded by a page that is opened as a file
        if !(script.contains("Niivue") && script.contains(".niivue={}")) {
            return Err(refuse("it is not NiiVue's build for pages without modules (niivue.umd.js)"));
        }
        let version = package_of(&file).and_then(|package| version(&package));
        let name = version.map_or("NiiVue".to_owned(), |version| format!("NiiVue {version}"));
        Ok(NiiVue { script, name })
    }
}

/// `package.json` of the package that a file of its `dist` belongs to.
fn package_of(file: &Path) -> Option<PathBuf> {
    Some(file.parent()?.parent()?.join("package.json")).filter(|path| path.is_file())
}

fn version(package: &Path) -> Option<String> {
    let text = std::fs::read_to_string(package).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let is_ours = value.get("name")?.as_str()? == "@niivue/niivue";
    is_ours.then(|| value.get("version")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_or_its_build_is_taken_and_anything_else_refused() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("niivue");
        assert!(NiiVue::read(&package).unwrap_err().to_string().contains("niivue"));
        std::fs::create_dir_all(package.join("dist")).unwrap();
        let build = package.join(BUILD);
        std::fs::write(&build, "export class Niivue {}").unwrap();
        assert!(NiiVue::read(&package).unwrap_err().to_string().contains("without modules"));
        std::fs::write(&build, "(function(a,b){b(a.niivue={})})(this,function(e){e.Niivue=1});").unwrap();
        assert_eq!(NiiVue::read(&build).unwrap().name, "NiiVue");
        std::fs::write(package.join("package.json"), r#"{"name":"@niivue/niivue","version":"1.2.3"}"#).unwrap();
        assert_eq!(NiiVue::read(&package).unwrap().name, "NiiVue 1.2.3");
        assert_eq!(NiiVue::read(&build).unwrap(), NiiVue::read(&package).unwrap());
    }
}
