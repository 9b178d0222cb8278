//! Votes as CometBFT signs them, and a service whose double-signs can be proved.

use cosmwasm_std::Binary;
use cw_multi_test::AppResponse;
use ed25519_zebra::{SigningKey, VerificationKey};
use palisade_evidence::{BlockId, Equivocation, Vote, VoteTime, VoteType};
use palisade_ibc::Slash;
use palisade_testing::{HarnessResult, Packet, Side};
use palisade_types::slashing::*;

use crate::asks::*;
use crate::story::*;
use crate::sync::update;

/// The chain that votes are signed for.
pub const CHAIN_ID: &str = "consumer-1";
/// Alice's key.
pub const ALICE: u8 = 1;
/// Bob's key.
pub const BOB: u8 = 2;

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from([seed; 32])
}

pub fn public(seed: u8) -> Binary {
    let bytes: [u8; 32] = VerificationKey::from(&signing_key(seed)).into();
    bytes.into()
}

fn vote(block: Option<u8>) -> Vote {
    Vote {
        block_id: block.map(|byte| BlockId {
            hash: [byte; 32].into(),
            parts_total: 1,
            parts_hash: [byte; 32].into(),
        }),
        timestamp: VoteTime {
            seconds: 1_700_000_000.into(),
            nanos: 5,
        },
        signature: Binary::default(),
    }
}

/// Signs both votes anew.
pub fn sign(mut evidence: Equivocation, seed: u8, chain_id: &str) -> Equivocation {
    let key = signing_key(seed);
    let signature = |vote: &Vote| -> Binary {
        let message = evidence.sign_bytes(chain_id, vote).unwrap();
        key.sign(&message).to_bytes().into()
    };
    let (first, second) = (signature(&evidence.first), signature(&evidence.second));
    evidence.first.signature = first;
    evidence.second.signature = second;
    evidence
}

/// Two precommits at a height, one for a block and one for none, signed by a key for the chain.
pub fn equivocation(seed: u8, height: u64) -> Equivocation {
    let evidence = Equivocation {
        key: public(seed),
        vote_type: VoteType::Precommit {},
        height: height.into(),
        round: 0,
        first: vote(Some(7)),
        second: vote(None),
    };
    sign(evidence, seed, CHAIN_ID)
}

/// The same votes with times that their signer chose.
pub fn timed(seed: u8, height: u64, seconds: i64) -> Equivocation {
    let mut evidence = equivocation(seed, height);
    evidence.first.timestamp.seconds = seconds.into();
    evidence.second.timestamp.seconds = seconds.into();
    sign(evidence, seed, CHAIN_ID)
}

/// An IBC service with keys and these settings, whose chain id is [`CHAIN_ID`].
pub fn keyed_service(settings: ServiceSettings) -> NewService {
    let mut new = service_with(settings);
    new.terms.keyed = true;
    new.settings.chain_id = Some(CHAIN_ID.into());
    new
}

impl Suite {
    /// A service whose double-signs can be proved, with a channel, and alice (1,000) and bob (500)
    /// told and acknowledged by update 1.
    pub fn provable() -> Self {
        Self::bare().proved_by(keyed_service(settings()))
    }

    /// The same with a resolver.
    pub fn provable_with_resolver() -> Self {
        let suite = Self::bare();
        let settings = disputed(&suite);
        suite.proved_by(keyed_service(settings))
    }

    pub fn proved_by(self, new: NewService) -> Self {
        let mut suite = self.with(new);
        suite.open_channel();
        suite.alice(1_000);
        suite.bob(500);
        suite.tell_all();
        suite
    }

    pub fn alice(&mut self, power: u128) {
        self.keyed("alice", power, Some(public(ALICE)));
    }

    pub fn bob(&mut self, power: u128) {
        self.keyed("bob", power, Some(public(BOB)));
    }

    /// What changed is told, applied and acknowledged; then a while passes on both chains.
    pub fn tell_all(&mut self) {
        self.sync(CHAIN).unwrap();
        self.net.relay_all().unwrap();
        self.net.advance(1_000);
    }

    /// What changed is told by a packet that nobody relays yet.
    pub fn withheld(&mut self) -> Packet {
        self.sync(CHAIN).unwrap();
        self.net.pending(Side::Host).pop().unwrap()
    }

    /// The consumer's height at which an update was applied.
    pub fn applied(&self, update_id: u64) -> u64 {
        update(self, CHAIN, update_id).applied.unwrap().0.u64()
    }

    /// Somebody who found two votes brings them.
    pub fn prove(&mut self, evidence: &Equivocation) -> HarnessResult<AppResponse> {
        let (service, evidence) = (CHAIN, evidence.clone());
        let msg = ExecuteMsg::SubmitEquivocation { service, evidence };
        self.run("finder", &msg)
    }

    /// A report of a double-sign with its proof.
    pub fn proven(&mut self, operator: &str, seed: u8, height: u64) -> Slash {
        Slash {
            evidence: Some(equivocation(seed, height)),
            ..self.double_sign(operator, height)
        }
    }
}
