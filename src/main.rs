//! The `flaresec` program: arguments in, exit code out.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    // The message of a panic may quote what was being scanned; its place is enough for a report.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        cli::complain(
            &format!("fault in flaresec itself{place}"),
            "please report it, without the file that caused it",
        );
    }));
    ExitCode::from(cli::run(std::env::args_os()))
}
