//! What became of a transaction of a former run.

use std::path::Path;

use anyhow::{bail, Result};

use crate::artifacts;
use crate::chain::{Chain, Included};
use crate::session::Session;
use crate::state::Pending;
use crate::tx::same;

/// Pauses of half a second for a transaction that was taken in, and for the node's index.
const PATIENCE: u32 = 20;

/// What became of it.
pub(crate) enum Settled {
    Done(Box<Included>),
    /// It was not included, or failed: it can be sent under this sequence.
    Free(u64),
}

/// Finds out: the sequence is a new one only if the former was used, by whatever transaction, and
/// otherwise the same, so that only one of the two can be included.
pub(crate) fn settle(
    session: &Session<'_>,
    chain: Chain<'_>,
    (step, pending): (&str, &Pending),
    (words, sender): (&[String], &str),
) -> Result<Settled> {
    session.say(&format!(
        "  {step}: looking for the transaction of a former run"
    ));
    let by_hash = match &pending.hash {
        Some(hash) => wait_while(chain, hash, pending)?,
        None => None,
    };
    let found = match by_hash {
        Some(found) => found,
        None => {
            let next = chain.sequence(&pending.sender)?;
            if next < pending.sequence {
                bail!(
                    "{step}: the node says that the next sequence of {} is {next}, and {} was in use before: it is behind, or the chain was reset (then move the state file away)",
                    pending.sender,
                    pending.sequence
                );
            }
            if next == pending.sequence && pending.sender != sender {
                bail!(
                    "{step}: a former run sent it from {}, sequence {}, and it may still be included: run this with that key, or again when that key has sent something else",
                    pending.sender,
                    pending.sequence
                );
            }
            if next == pending.sequence {
                return Ok(Settled::Free(next));
            }
            used(chain, step, pending)?
        }
    };
    let checksum = match words.get(1).map(String::as_str) {
        Some("store") => words
            .get(2)
            .and_then(|path| artifacts::checksum_of(Path::new(path)).ok()),
        _ => None,
    };
    let ours = found.code == 0 && same(&found, words, checksum.as_deref());
    if ours && pending.sender == sender {
        return Ok(Settled::Done(Box::new(found)));
    }
    if ours {
        session.say(&format!(
            "  a former run did this from {}, in block {}; now it is sent from {sender}",
            pending.sender, found.height
        ));
    }
    // What failed then may go well now.
    Ok(Settled::Free(chain.sequence(sender)?))
}

/// The transaction that used the sequence. The node's index may be a moment behind its blocks.
fn used(chain: Chain<'_>, step: &str, pending: &Pending) -> Result<Included> {
    for _ in 0..PATIENCE {
        if let Some(found) = chain.tx_of(&pending.sender, pending.sequence)? {
            return Ok(found);
        }
        chain.pause();
    }
    bail!(
        "{step}: a transaction was sent with sequence {} of {}, and the node does not know what became of it (has it an index of transactions?). Look it up; only if it did not do this step, remove \"{step}\" from \"pending\" in the state file",
        pending.sequence,
        pending.sender
    )
}

/// Waits until it is included, or until its sequence was used and it is not found.
fn wait_while(chain: Chain<'_>, hash: &str, pending: &Pending) -> Result<Option<Included>> {
    for _ in 0..PATIENCE {
        if let Some(found) = chain.tx(hash)? {
            return Ok(Some(found));
        }
        if chain.sequence(&pending.sender)? > pending.sequence {
            return chain.tx(hash);
        }
        chain.pause();
    }
    Ok(None)
}
