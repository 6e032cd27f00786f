//! What is done with findings after the scan: comments in the file and the baseline accept them. Findings are marked,
//! never dropped. Knows nothing of how they were found or how they are shown.

pub mod baseline;
pub mod follow;
pub mod suppression;
