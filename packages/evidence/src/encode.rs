//! CometBFT's `CanonicalVote` in protobuf, as `proto/tendermint/types/canonical.proto` declares it
//! and `spec/core/encoding.md` ("Canonical", "SignBytes") explains it. Fields come in the order of
//! their numbers; zeros and empty values are left out.

use crate::{BlockId, VoteTime, VoteType};

/// What a field's tag is made of: its number and how its value is written.
mod tag {
    const VARINT: u8 = 0;
    const FIXED64: u8 = 1;
    const BYTES: u8 = 2;

    // CanonicalVote
    pub(super) const TYPE: u8 = 1 << 3 | VARINT;
    pub(super) const HEIGHT: u8 = 2 << 3 | FIXED64;
    pub(super) const ROUND: u8 = 3 << 3 | FIXED64;
    pub(super) const BLOCK_ID: u8 = 4 << 3 | BYTES;
    pub(super) const TIMESTAMP: u8 = 5 << 3 | BYTES;
    pub(super) const CHAIN_ID: u8 = 6 << 3 | BYTES;

    // CanonicalBlockID
    pub(super) const HASH: u8 = 1 << 3 | BYTES;
    pub(super) const PART_SET_HEADER: u8 = 2 << 3 | BYTES;

    // CanonicalPartSetHeader
    pub(super) const TOTAL: u8 = 1 << 3 | VARINT;
    pub(super) const PARTS_HASH: u8 = 2 << 3 | BYTES;

    // google.protobuf.Timestamp
    pub(super) const SECONDS: u8 = 1 << 3 | VARINT;
    pub(super) const NANOS: u8 = 2 << 3 | VARINT;
}

/// One vote, all of whose values are within bounds.
pub(crate) struct CanonicalVote<'a> {
    pub(crate) vote_type: VoteType,
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) block_id: Option<&'a BlockId>,
    pub(crate) timestamp: VoteTime,
    pub(crate) chain_id: &'a str,
}

impl CanonicalVote<'_> {
    /// The message behind its length, as `protoio.MarshalDelimited` writes it.
    pub(crate) fn delimited(&self) -> Vec<u8> {
        let mut message = Message::default();
        message.varint(
            tag::TYPE,
            match self.vote_type {
                VoteType::Prevote {} => 1,
                VoteType::Precommit {} => 2,
            },
        );
        message.fixed(tag::HEIGHT, self.height);
        message.fixed(tag::ROUND, u64::from(self.round));
        if let Some(block_id) = self.block_id {
            message.bytes(tag::BLOCK_ID, &canonical_block_id(block_id));
        }
        // `nullable = false`: written even if it is empty, which the beginning of 1970 is.
        message.bytes(tag::TIMESTAMP, &timestamp(self.timestamp));
        if !self.chain_id.is_empty() {
            message.bytes(tag::CHAIN_ID, self.chain_id.as_bytes());
        }
        let mut delimited = Message::default();
        delimited.push_bytes(&message.0);
        delimited.0
    }
}

fn canonical_block_id(block_id: &BlockId) -> Vec<u8> {
    let mut parts = Message::default();
    parts.varint(tag::TOTAL, u64::from(block_id.parts_total));
    parts.bytes(tag::PARTS_HASH, &block_id.parts_hash);
    let mut message = Message::default();
    message.bytes(tag::HASH, &block_id.hash);
    message.bytes(tag::PART_SET_HEADER, &parts.0);
    message.0
}

fn timestamp(time: VoteTime) -> Vec<u8> {
    let mut message = Message::default();
    // `int64`, not `sint64`: a negative number is its two's complement, ten bytes long.
    let seconds = u64::from_le_bytes(time.seconds.to_le_bytes());
    message.varint(tag::SECONDS, seconds);
    message.varint(tag::NANOS, u64::from(time.nanos));
    message.0
}

#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, tag: u8, value: u64) {
        if value != 0 {
            self.0.push(tag);
            self.push_varint(value);
        }
    }

    fn fixed(&mut self, tag: u8, value: u64) {
        if value != 0 {
            self.0.push(tag);
            self.0.extend(value.to_le_bytes());
        }
    }

    fn bytes(&mut self, tag: u8, value: &[u8]) {
        self.0.push(tag);
        self.push_bytes(value);
    }

    fn push_bytes(&mut self, value: &[u8]) {
        // Never more than 64 bits where this runs, and never more than some 200 bytes here.
        self.push_varint(u64::try_from(value.len()).unwrap_or(u64::MAX));
        self.0.extend(value);
    }

    /// Seven bits a byte, the lowest first; all bytes but the last have the highest bit set.
    fn push_varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        for (value, bytes) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 1]),
            (300, &[0xac, 2]),
            (0x3fff, &[0xff, 0x7f]),
            (0x4000, &[0x80, 0x80, 1]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut message = Message::default();
            message.push_varint(value);
            assert_eq!(message.0, bytes, "{value}");
        }
    }
}
