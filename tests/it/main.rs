//! The one integration test binary; one line per module.
