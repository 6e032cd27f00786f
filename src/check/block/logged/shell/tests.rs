//! What scripts print: tables for the decisions of `shell`.

use super::super::Known;
use super::super::tests::found;
use super::{COMMANDS, documents, is_command, reaches_output, shell};
use crate::check::tests::asked;
use crate::fact::command::{Next, command_end};

#[test]
fn output_is_seen_unless_it_is_read_or_kept() {
    let reaches = |text: &str| {
        let (end, next) = command_end(text.as_bytes(), 0);
        reaches_output(text.as_bytes(), &text.as_bytes()[..end], next)
    };
    for text in [
        "echo $T",
        "echo $T >&2",
        "echo $T 2>/dev/null",
        "echo $T 2>/dev/null >&1",
        "echo $T > /dev/stderr",
        "echo $T >> $GITHUB_STEP_SUMMARY",
        "echo $T | base64",
        "echo $T | tee log",
        "echo $T | cut -c1-40",
        "echo $T | cut -c 1-",
        "echo a -> $T",
        "echo a => $T",
    ] {
        assert!(reaches(text), "{text}");
    }
    for text in [
        "echo $T > file",
        "echo $T >> \"$GITHUB_ENV\"",
        "echo $T &> file",
        "echo $T > /dev/null",
        "echo $T >&2 > file",
        "echo $T | docker login --password-stdin",
        "echo $T | cut -d= -f2",
        "echo $T | cut -c1-8",
        "echo $T | base64 > file",
        "echo $T | base64 | kubectl apply -f -",
        "echo $T | teeth",
    ] {
        assert!(!reaches(text), "{text}");
    }
    // The output of the last command of the pipe counts.
    assert!(!reaches_output(b"echo $T | base64 -d > f", b"echo $T ", Next::Pipe(9)));
}

#[test]
fn commands_are_told_from_words_that_hold_them() {
    for text in
        ["echo a", "printf '%s'", "print\ta", "cat <<< a", "cat<<<a", "Write-Host", "logger a", "tee a"]
    {
        let hit = COMMANDS.find(text.as_bytes(), 0).unwrap();
        assert!(is_command(text.as_bytes(), &hit), "{text}");
    }
    for text in ["echoes a", "reprint a", "printer", "category a", "teeth", "my_tee a", "echo"] {
        let hit = COMMANDS.find(text.as_bytes(), 0).unwrap();
        assert!(!is_command(text.as_bytes(), &hit), "{text}");
    }
}

#[test]
fn what_is_printed_is_told_from_what_is_masked_or_handed_on() {
    let prints = |text: &str| {
        found(text, |bytes, out| {
            asked("a.sh", text, |input| shell(input, &Known::new(bytes), out, &mut Vec::new()))
        })
    };
    for text in [
        "echo $CF_API_TOKEN",
        "  - run: echo \"t: ${CF_API_TOKEN}\"",
        "t=$CF_API_TOKEN\necho $t",
        "RUN printf '%s' \"$CF_API_TOKEN\"",
        "cat <<< $CF_API_TOKEN",
        "{\n  echo $CF_API_TOKEN\n}\ncat a > b",
        "{\n  echo $CF_API_TOKEN\n} >&2",
        "echo \"a $(echo $CF_API_TOKEN)\"",
        "echo \"$(date): $CF_API_TOKEN\"",
        "echo \"`date` $CF_API_TOKEN\"",
        "echo $CF_API_TOKEN >> /var/log/cf.log",
        "sh 'echo $CF_API_TOKEN && deploy'",
        "bat 'echo %CF_API_TOKEN%'",
        "bash -lc 'echo \"$CF_API_TOKEN\"'",
        "docker exec web sh -c \"echo $CF_API_TOKEN\"",
        "Write-Host \"a $($cfToken)\"",
        "Write-Host ('a ' + $env:CF_API_TOKEN)",
        "Write-Host $env:CF_API_TOKEN -ForegroundColor Red",
    ] {
        assert_eq!(prints(text).len(), 1, "{text}");
    }
    for text in [
        "echo '$CF_API_TOKEN'",
        "echo ${CF_API_TOKEN:+set}",
        "echo ${#CF_API_TOKEN}",
        "echo \"::add-mask::$CF_API_TOKEN\"",
        "echo $CF_ZONE_ID",
        "x=$(echo $CF_API_TOKEN)",
        "echo $CF_API_TOKEN | docker login --password-stdin",
        "unset CF_API_TOKEN",
        "while read a; do\n  echo $CF_API_TOKEN\ndone < in > out",
        "{\n  echo '# one'\n  echo \"T=$CF_API_TOKEN\"\n} > .env",
        "(\n  if a; then\n    echo $CF_API_TOKEN\n  fi\n) >.env",
        "for a in b; do\n  echo $CF_API_TOKEN\ndone | docker login --password-stdin",
        "echo \"$(verify \"$CF_API_TOKEN\")\"",
        "echo \"a: `curl -H \"Authorization: Bearer $CF_API_TOKEN\" $URL`\"",
        "echo $(curl -s \\\n  -H \"Authorization: Bearer $CF_API_TOKEN\" \\\n  $URL)",
        "echo \"a: \"$( \\\n  curl -H \"X-Auth-Key: $CF_API_KEY\" \\\n  | md5sum )",
        "echo \"$(echo $CF_API_TOKEN | cut -c1-4)…\"",
        "echo $CF_API_TOKEN >&3",
        "Write-Host ($env:CF_API_TOKEN -ne $null)",
        "Write-Host \"set: $([bool]$env:CF_API_TOKEN)\"",
        "Write-Output (Get-Zones -Token $env:CF_API_TOKEN)",
        "Write-Verbose \"($($cfToken.Length) characters)\"",
    ] {
        assert_eq!(prints(text), [""; 0], "{text}");
    }
}

#[test]
fn documents_are_printed_unless_they_go_into_a_file() {
    let printed = |text: &str| found(text, |bytes, out| documents(bytes, &Known::new(bytes), out)).len();
    for (text, places) in [
        ("cat <<EOF\na\nt: $CF_API_TOKEN\nEOF\n", 1),
        ("if a; then\n  cat <<-END >&2\n  $CF_API_TOKEN\n  END\nfi\n", 1),
        ("cat <<'EOF'\nt: $CF_API_TOKEN\nEOF\n", 0),
        ("cat <<EOF > .env\nt: $CF_API_TOKEN\nEOF\n", 0),
        ("cat > .env <<EOF\nt: $CF_API_TOKEN\nEOF\n", 0),
        ("a=$(cat <<EOF\nt: $CF_API_TOKEN\nEOF\n)\n", 0),
        ("{\n  cat <<EOF\nt: $CF_API_TOKEN\nEOF\n} > .env\n", 0),
        ("cat <<EOF | kubectl apply -f -\nt: $CF_API_TOKEN\nEOF\n", 0),
        ("cat <<EOF\na\nEOF\necho x $CF_API_TOKEN\n", 0),
    ] {
        assert_eq!(printed(text), places, "{text}");
    }
}
