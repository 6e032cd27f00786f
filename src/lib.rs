//! Finds Cloudflare credentials, and faults in how the Cloudflare API is used.
//!
//! Data flows one way, and so do imports (`tests/it/tidy.rs` checks them): sources → text → prefilter → facts →
//! checks → findings → filters → report. `ARCHITECTURE.md` follows one finding through the modules.

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
