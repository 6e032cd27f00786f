//! What a text says, without judgement: runs of token characters, the names values go by, and encoded text.
//! Knows syntax, never severity or rules.

pub mod credential;
pub mod decode;
pub mod directive;
pub mod namesake;
pub mod naming;
pub mod place;
pub mod request;
pub mod runs;
pub mod search;
pub mod setting;
pub mod statement;
pub mod tree;
pub mod words;
