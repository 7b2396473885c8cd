//! The subcommands as a user runs them.

mod histogram;
mod study;
