//! `completions` and `man`: generated from the declarations of the subcommands, so they cannot drift.

use super::{Cli, Context, output::OutputError};
use crate::error::{Exit, Failure, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// `completions SHELL`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell to complete for
    shell: Shell,
}

/// `man [SUBCOMMAND]`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Subcommand to describe; the whole program if absent
    subcommand: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no subcommand {0}")]
struct NoSuchSubcommand(String);

impl Failure for NoSuchSubcommand {
    fn slug(&self) -> &'static str {
        "unknown-subcommand"
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn remedy(&self) -> Option<String> {
        Some("`myelomri --help` lists them".to_owned())
    }
}

pub(super) fn completions(args: CompletionsArgs, _context: &Context) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "myelomri", &mut script);
    print_bytes(&script)
}

pub(super) fn man(args: ManArgs, _context: &Context) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.subcommand {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| NoSuchSubcommand(name.clone()))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(OutputError)?;
    print_bytes(&page)
}

fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    Ok(stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(OutputError)?)
}
