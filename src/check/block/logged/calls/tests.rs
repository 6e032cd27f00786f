//! Which calls print.

use super::{AROUND, CALL, hints, logs_in_ruby};
use crate::check::captures_around;

#[test]
fn ruby_logs_without_brackets() {
    for (name, rest, expected) in [
        ("logger.info", "\"a\"", true),
        ("Rails.logger.info", "'a'", true),
        ("logger.info", "a", false),
        ("catalogger.info", "\"a\"", false),
        ("log.info", "\"a\"", false),
    ] {
        assert_eq!(logs_in_ruby(name.as_bytes(), rest.as_bytes()), expected, "{name} {rest}");
    }
}

#[test]
fn every_call_has_a_hint() {
    for call in [
        "console.log(",
        "self.logger.info(",
        "this.log.warn(",
        "log.Printf(",
        "logging.error(",
        "logrus.WithField(",
        "slog.Info(",
        "klog.Errorf(",
        "LOG.debug(",
        "LOGGER.warn(",
        "fastify.log.info(",
        "$this->logger->info(",
        "$log->error(",
        "logger()->info(",
        "\\Log::info(",
        "Log.d(",
        "_logger.LogInformation(",
        "Debug.Log(",
        "NSLog(",
        "ngx.log(",
        "error_log(",
        "fmt.Println(",
        "fmt.Fprintln(os.Stderr,",
        "println!(",
        "dbg!(",
        "error!(",
        "System.out.println(",
        "Console.Error.WriteLine(",
        "Console.Write (",
        "Trace.WriteLine(",
        "process.stdout.write(",
        "$stderr.puts ",
        "STDOUT.writelines(",
        "fprintf( stderr , ",
        "io.write(",
        "sys.stderr.write(",
        "IO.inspect ",
        "IO.warn(",
        "ngx.say(",
        "click.secho(",
        "typer.echo(",
        "rich.print(",
        "st.text(",
        "print_r(",
        "var_dump(",
        "var_export(",
        "wp_die(",
        "pprint(",
        "pp(",
        "puts ",
        "p(",
        "print ",
        "printf(",
        "echo ",
        "die(",
        "dd(",
        "dump(",
        "inspect ",
        "alert(",
        "winston.info(",
        "pino.info(",
        "core.info(",
    ] {
        let text = format!("a;\n{call}token)\n");
        let bytes = text.as_bytes();
        assert!(CALL.is_match(bytes), "no call: {call}");
        let found = captures_around(&CALL, &hints(bytes), bytes, AROUND, |_| AROUND);
        assert!(!found.is_empty(), "no hint: {call}");
    }
}
