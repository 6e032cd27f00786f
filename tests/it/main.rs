//! The one integration test binary; one line per module.

mod rules; // rule files load, examples run through the whole scanner
