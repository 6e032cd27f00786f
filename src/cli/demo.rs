//! `flaresec demo`: scans a small repository that comes with the program. Its secrets are synthetic, made at run time.

use std::fs;
use std::path::Path;

use flaresec::synthetic;

use super::{ScanArgs, complain, scan};

/// The files of the example, with markers in place of secrets.
const FILES: &[(&str, &str)] = &[
    (".env", include_str!("../../fixtures/example/.env")),
    ("purge.sh", include_str!("../../fixtures/example/purge.sh")),
    ("status.py", include_str!("../../fixtures/example/status.py")),
    (".github/workflows/deploy.yml", include_str!("../../fixtures/example/.github/workflows/deploy.yml")),
];

/// Writes the example to a new temporary folder, scans it, removes it; the exit code of the scan.
pub(crate) fn run(mut args: ScanArgs) -> u8 {
    let folder = std::env::temp_dir().join(format!("flaresec-demo-{}", std::process::id()));
    let code = match write(&folder) {
        Ok(()) => {
            args.paths = vec![folder.clone()];
            args.root = Some(folder.clone());
            scan::run(&args)
        }
        Err(error) => complain(
            &format!("the example cannot be written to {}: {error}", folder.display()),
            "set TMPDIR to a folder that can be written",
        ),
    };
    // What cannot be removed is synthetic and in the temporary folder.
    let _ = fs::remove_dir_all(&folder);
    code
}

fn write(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    for (name, template) in FILES {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("inside the folder"))?;
        fs::write(file, synthetic::expand(template).expect("a test expands the example").text)?;
    }
    Ok(())
}
