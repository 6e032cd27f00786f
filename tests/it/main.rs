//! The one integration test binary; one line per module.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod baseline; // accepted findings over edits
mod checkout; // what comes with a checkout hides nothing and stops no scan
mod cli; // exit codes, bad and hostile input
mod config; // the configuration: found, merged, disclosed
mod corpus; // recall and precision on the labelled corpus
mod fixtures; // what a user sees on small repositories, as snapshots
mod history; // everything ever committed, and that nothing is lost by looking at a line once
mod install; // `init` and `hook`, and where they write
mod large; // files that do not fit into one segment, in UTF-16 and by name
mod options; // options that contradict, repeat or misspell
mod repo; // a git repository to plant leaks in
mod reports; // every format is well-formed, whatever the names and contents
mod revision; // configuration and baseline as a revision holds them
mod robust; // no text makes a check panic
mod rules; // rule files load, examples run through the whole scanner
mod secrecy; // no output holds a secret
mod sources; // branches, standard input, lists of files
mod staged; // the index, the hook
mod support; // runs the program hermetically, expands fixtures
mod suppress; // comments that accept findings
mod tidy; // imports go one way, generated documents are current
mod worktree; // folders on disk: tracked files, repositories within, links
