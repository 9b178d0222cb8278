//! One run of the tool: config, state, chains, and the way that every transaction takes.

use anyhow::{anyhow, bail, Context, Result};

use crate::artifacts::{self, Artifact};
use crate::chain::{Broadcast, Chain, Included};
use crate::config::{Chain as Settings, Config, Consumer, Operator};
use crate::explain;
use crate::quote;
use crate::settle::{settle, Settled};
use crate::state::{Pending, Store};
use crate::tx::Tx;
use crate::world::{plain, World};

/// Pauses of half a second that an inclusion may take.
const PATIENCE: u32 = 180;
/// Tries under a sequence that somebody else used meanwhile.
const TRIES: u32 = 10;

/// One run.
pub(crate) struct Session<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) config: &'a Config,
    pub(crate) store: Store,
    /// Shows transactions only.
    pub(crate) dry: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn say(&self, line: &str) {
        self.world.say(&plain(line));
    }

    pub(crate) fn host(&self) -> Chain<'a> {
        self.chain(&self.config.host)
    }

    pub(crate) fn chain(&self, settings: &'a Settings) -> Chain<'a> {
        Chain {
            world: self.world,
            settings,
        }
    }

    pub(crate) fn consumer(&self, name: &str) -> Result<&'a Consumer> {
        let known = || {
            self.config
                .consumers
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        };
        let found = self.config.consumers.get(name);
        found.ok_or_else(|| anyhow!("the config has no consumer {name}; it has: {}", known()))
    }

    pub(crate) fn operator(&self, name: &str) -> Result<&'a Operator> {
        let known = || {
            self.config
                .operators
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        };
        let found = self.config.operators.get(name);
        found.ok_or_else(|| anyhow!("the config has no operator {name}; it has: {}", known()))
    }

    /// The address of a key; in a dry run a placeholder where the keyring has none.
    pub(crate) fn key(&self, chain: Chain<'_>, name: &str) -> Result<String> {
        match chain.key(name) {
            Err(_) if self.dry => Ok(quote::placeholder(name)),
            other => other,
        }
    }

    /// The suite's owner.
    pub(crate) fn owner(&self) -> Result<String> {
        match &self.config.suite.owner {
            Some(owner) => Ok(owner.clone()),
            None => self.key(self.host(), &self.config.host.from),
        }
    }

    /// Who the owner's lines are from: its address, or the key that is it.
    pub(crate) fn owner_name(&self) -> String {
        let owner = self.config.suite.owner.as_ref();
        owner.unwrap_or(&self.config.host.from).clone()
    }

    /// A contract of the host by its name; in a dry run a placeholder where it is not known yet.
    pub(crate) fn contract(&self, name: &str) -> Result<String> {
        match self.store.state.contracts.get(name) {
            Some(address) => Ok(address.clone()),
            None if self.dry => Ok(quote::placeholder(name)),
            None => bail!(
                "the {name} contract: no record in {}; if a suite exists, name its state with --state; if none does, `palisade deploy` makes it",
                self.store.path().display()
            ),
        }
    }

    pub(crate) fn artifact(&self, name: &str) -> Result<Artifact> {
        artifacts::load(&self.config.suite.artifacts, name)
    }

    /// Makes sure that the node answers, and is of the chain that the config names.
    pub(crate) fn check_chain(&self, chain: Chain<'_>) -> Result<()> {
        let words: Vec<String> = ["status", "--node", &chain.settings.node]
            .map(String::from)
            .to_vec();
        let ran = self.world.run(&chain.settings.binary, &words)?;
        let name = &chain.settings.chain_id;
        if !ran.ok {
            bail!(
                "{name}, {}: {}",
                chain.settings.node,
                explain::failure(&ran.stderr)
            );
        }
        // Some versions print the status where errors go.
        let text = format!("{}{}", ran.stdout, ran.stderr);
        if !text.contains(&format!("\"network\":\"{name}\"")) {
            bail!(
                "wrong chain: the node {} is not of {name}, which the config says",
                chain.settings.node
            );
        }
        Ok(())
    }

    /// Shows a transaction, sends it, and waits for its end. None in a dry run. `step` names it in the
    /// state: a run that was interrupted finds out under this name what became of it.
    pub(crate) fn send(
        &mut self,
        chain: Chain<'_>,
        step: &str,
        tx: &Tx,
    ) -> Result<Option<Included>> {
        let words = chain.words(&tx.words, &tx.from);
        if self.dry {
            self.show(chain, &words);
            return Ok(None);
        }
        let sender = chain.key(&tx.from)?;
        // Of a former run there may be one that can still be included.
        let resumed = self.store.state.pending.contains_key(step);
        for tries in 0..TRIES {
            let former = self.store.state.pending.get(step).cloned();
            let (sequence, hash) = match former.filter(|_| resumed) {
                Some(former) => {
                    let this = (tx.words.as_slice(), sender.as_str());
                    match settle(self, chain, (step, &former), this)? {
                        Settled::Done(found) => return self.finish(step, *found).map(Some),
                        // Its hash is kept for as long as its sequence is not used.
                        Settled::Free(next) if next == former.sequence => (next, former.hash),
                        Settled::Free(next) => (next, None),
                    }
                }
                None => (chain.sequence(&sender)?, None),
            };
            if tries == 0 {
                self.show(chain, &words);
            }
            let pending = Pending {
                words: tx.words.clone(),
                sender: sender.clone(),
                sequence,
                hash,
            };
            self.note(step, pending)?;
            match chain.broadcast(&words, sequence)? {
                Broadcast::Taken { hash } => {
                    self.set_hash(step, &hash)?;
                    let Some(found) = self.wait(chain, &hash)? else {
                        bail!("{hash} is not in a block yet: run the same command again, which finds out what became of it");
                    };
                    return self.finish(step, found).map(Some);
                }
                Broadcast::Refused { log } if log.contains("sequence mismatch") || log.contains("incorrect account sequence") => {
                    if tries == 0 {
                        self.say("  another transaction of this key is under way: waiting for it");
                    }
                    chain.pause();
                }
                Broadcast::Refused { log } if resumed => bail!(
                    "{step}: refused now, and what a former run sent may still be included\n  {}\n  run the same command again, which finds out",
                    explain::failure(&log)
                ),
                Broadcast::Refused { log } => {
                    self.forget(step)?;
                    bail!("{step}: refused, nothing was sent\n  {}", explain::failure(&log));
                }
                Broadcast::Lost { log } => bail!(
                    "{step}: it is not known whether it arrived\n  {}\n  run the same command again, which finds out",
                    explain::failure(&log)
                ),
            }
        }
        if resumed {
            bail!("{step}: what a former run sent is not in a block yet: run the same command again, which finds out what became of it");
        }
        self.forget(step)?;
        bail!("{step}: {}", explain::failure("account sequence mismatch"))
    }

    /// What a former run sent for a step, if it was included. Nothing is sent.
    pub(crate) fn former(&self, chain: Chain<'_>, step: &str, tx: &Tx) -> Result<Option<Included>> {
        let Some(former) = self.store.state.pending.get(step) else {
            return Ok(None);
        };
        // Somebody who only looks may not have the key.
        let sender = match self.dry {
            true => former.sender.clone(),
            false => chain.key(&tx.from)?,
        };
        let this = (tx.words.as_slice(), sender.as_str());
        Ok(match settle(self, chain, (step, former), this)? {
            Settled::Done(found) => Some(*found),
            Settled::Free(_) => None,
        })
    }

    /// Shows a transaction that somebody else has to send.
    pub(crate) fn show_tx(&self, chain: Chain<'_>, tx: &Tx) {
        self.show(chain, &chain.words(&tx.words, &tx.from));
    }

    fn show(&self, chain: Chain<'_>, words: &[String]) {
        let words = words.iter().map(String::as_str);
        self.say(&quote::line(
            std::iter::once(chain.settings.binary.as_str()).chain(words),
        ));
    }

    /// Waits until it is included.
    fn wait(&self, chain: Chain<'_>, hash: &str) -> Result<Option<Included>> {
        for tries in 1..=PATIENCE {
            if let Some(found) = chain.tx(hash)? {
                return Ok(Some(found));
            }
            if tries.is_multiple_of(20) {
                self.say(&format!("  still waiting for {hash}, {} s", tries / 2));
            }
            chain.pause();
        }
        Ok(None)
    }

    fn finish(&mut self, step: &str, found: Included) -> Result<Included> {
        if found.code != 0 {
            self.forget(step)?;
            bail!(
                "{step}: failed in block {}, {}\n  {}",
                found.height,
                found.hash,
                explain::failure(&found.log)
            );
        }
        self.say(&format!(
            "  in block {}, {} gas, {}",
            found.height, found.gas, found.hash
        ));
        Ok(found)
    }

    fn note(&mut self, step: &str, pending: Pending) -> Result<()> {
        self.store.state.pending.insert(step.to_string(), pending);
        self.store.save()
    }

    fn set_hash(&mut self, step: &str, hash: &str) -> Result<()> {
        if let Some(pending) = self.store.state.pending.get_mut(step) {
            pending.hash = Some(hash.to_string());
        }
        self.store.save()
    }

    /// Forgets that a transaction is under way: once what it did is in the state, or on the chain for
    /// anybody to see.
    pub(crate) fn forget(&mut self, step: &str) -> Result<()> {
        if self.store.state.pending.remove(step).is_some() {
            self.store.save()?;
        }
        Ok(())
    }

    /// Sends what a contract can be asked for afterwards.
    pub(crate) fn run(
        &mut self,
        chain: Chain<'_>,
        step: &str,
        tx: &Tx,
    ) -> Result<Option<Included>> {
        let found = self.send(chain, step, tx)?;
        self.forget(step)?;
        Ok(found)
    }

    /// Sends what only an owner may, or shows it, where `from` is somebody else. False: the owner has to
    /// send it.
    pub(crate) fn owned(
        &mut self,
        chain: Chain<'_>,
        owner: &str,
        step: &str,
        tx: &Tx,
    ) -> Result<bool> {
        if self.dry || self.key(chain, &chain.settings.from)? == owner {
            self.run(chain, step, tx)?;
            return Ok(true);
        }
        let tx = Tx {
            from: owner.to_string(),
            words: tx.words.clone(),
        };
        self.show_tx(chain, &tx);
        Ok(false)
    }

    /// The number of an artifact's code on a chain: as the config says, as the state knows, or stored.
    pub(crate) fn code(&mut self, chain: Chain<'_>, name: &str) -> Result<String> {
        let artifact = self.artifact(name)?;
        let chain_id = chain.settings.chain_id.clone();
        let known = self
            .store
            .state
            .codes
            .get(&chain_id)
            .and_then(|codes| codes.get(&artifact.hex()))
            .copied();
        if let Some(code) = chain.settings.codes.get(name).copied().or(known) {
            if !self.dry && chain.checksum(code)? != artifact.hex() {
                bail!("code {code} of {chain_id} is not {}: was the chain reset? Then move the state file away", artifact.path.display());
            }
            return Ok(code.to_string());
        }
        self.say(&format!("# {name}: store the code on {chain_id}"));
        let step = format!("store {name} {chain_id}");
        let tx = Tx::store(&chain.settings.from, &artifact.path.display().to_string());
        let Some(done) = self.send(chain, &step, &tx)? else {
            return Ok(quote::placeholder(&format!("{name}_code")));
        };
        let code = done
            .attribute("store_code", "code_id")
            .context("the chain told no code_id")?;
        let number = code
            .parse()
            .with_context(|| format!("the code id {code} is no number"))?;
        self.store
            .state
            .codes
            .entry(chain_id)
            .or_default()
            .insert(artifact.hex(), number);
        self.forget(&step)?;
        Ok(code)
    }
}
