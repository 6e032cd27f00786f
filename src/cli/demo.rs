//! `flaresec demo`: scans a small repository that comes with the program. Its secrets are synthetic, made at run time.

use std::fs;
use std::path::Path;

use clap::Args;
use flaresec::synthetic;

use super::choice::RuleArgs;
use super::output::OutputArgs;
use super::{FileArgs, ScanArgs, complain, scan};

/// The files of the example, with markers in place of secrets.
const FILES: &[(&str, &str)] = &[
    (".env", include_str!("../../fixtures/example/.env")),
    ("purge.sh", include_str!("../../fixtures/example/purge.sh")),
    ("status.py", include_str!("../../fixtures/example/status.py")),
    (".github/workflows/deploy.yml", include_str!("../../fixtures/example/.github/workflows/deploy.yml")),
];

/// Arguments of `flaresec demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten, next_help_heading = "Rules")]
    rules: RuleArgs,
    #[command(flatten, next_help_heading = "Output")]
    output: OutputArgs,
}

/// Writes the example to a new temporary folder, scans it, removes it, and returns the exit code of the scan.
pub(crate) fn run(args: DemoArgs) -> u8 {
    let folder = std::env::temp_dir().join(format!("flaresec-demo-{}", std::process::id()));
    let code = match write(&folder) {
        Ok(()) => {
            // The configuration and the baseline of the current folder are about other files.
            scan::run(&ScanArgs {
                paths: vec![folder.clone()],
                root: Some(folder.clone()),
                rules: args.rules,
                output: args.output,
                files: FileArgs { isolated: true, ..FileArgs::default() },
                ..ScanArgs::default()
            })
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
