//! flaresec finds Cloudflare credentials and faults in the use of the Cloudflare API.
//!
//! The modules in the order the data flows; imports go this way only (a test keeps it so):
//! sources → text → prefilter → facts → checks → findings → filters → report.

pub mod blob;
pub mod check;
pub mod collect;
pub mod config;
pub mod endpoint;
pub mod fact;
pub mod filter;
pub mod finding;
pub mod literals;
pub mod prefilter;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod span;
pub mod synthetic;
pub mod text;
