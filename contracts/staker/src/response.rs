//! The staking module's answer to an undelegation: as much of protobuf as it takes to read a time
//! and an amount.

use cosmwasm_std::{SubMsgResponse, Timestamp, Uint128};
use thiserror::Error;

/// `MsgUndelegateResponse.completion_time`
const COMPLETION_TIME: u64 = 1;
/// `MsgUndelegateResponse.amount`: from SDK 0.50 on.
const AMOUNT: u64 = 2;
/// `Coin.amount`, in digits. Its denom is that of the message.
const COIN_AMOUNT: u64 = 2;
/// `Timestamp.seconds`
const SECONDS: u64 = 1;
/// `Timestamp.nanos`
const NANOS: u64 = 2;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// An answer is some 40 bytes long. It is refused above this rather than read.
const MAX_LENGTH: usize = 1_024;

/// Why an answer cannot be read.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResponseError {
    /// The chain gave none.
    #[error("there is no answer")]
    Missing,
    /// It is too long.
    #[error("it has {length} bytes, at most {MAX_LENGTH} are read")]
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// It ends within a field.
    #[error("it ends within a field")]
    Truncated,
    /// A number is longer than 64 bits.
    #[error("a number is longer than 64 bits")]
    Number,
    /// A field is of a kind that does not exist, or not of the kind that it should be.
    #[error("field {field} is of wire type {wire_type}")]
    WireType {
        /// The field's number.
        field: u64,
        /// Its wire type.
        wire_type: u64,
    },
    /// There is no completion time in it.
    #[error("there is no completion time in it")]
    NoTime,
    /// The completion time is before 1970, or too far in the future for the chain's clock.
    #[error("{seconds} seconds and {nanos} nanoseconds are no time")]
    Time {
        /// Its seconds.
        seconds: u64,
        /// Its nanoseconds.
        nanos: u64,
    },
    /// The amount is no number of 128 bits.
    #[error("the amount that unbonds is no number of 128 bits")]
    Amount,
}

/// What the chain says of an undelegation that it began.
#[derive(Debug, PartialEq)]
pub(crate) struct Undelegation {
    /// When it completes.
    pub(crate) completes_at: Timestamp,
    /// Base units that unbond; none where the chain does not say it.
    pub(crate) amount: Option<Uint128>,
}

/// Reads the answer to an undelegation: a `MsgUndelegateResponse`. The event `unbond` tells the time as
/// well, but to the second only, and an undelegation that seems to have completed too early looks as if
/// it had been slashed.
pub(crate) fn read(answer: &SubMsgResponse) -> Result<Undelegation, ResponseError> {
    let bytes = match answer.msg_responses.first() {
        Some(response) if !response.value.is_empty() => response.value.as_slice(),
        _ => return Err(ResponseError::Missing),
    };
    if bytes.len() > MAX_LENGTH {
        return Err(ResponseError::TooLong {
            length: bytes.len(),
        });
    }
    let (mut time, mut coin) = (None, None);
    let mut message = Message(bytes);
    while let Some((field, value)) = message.next()? {
        match field {
            COMPLETION_TIME => time = Some(value.bytes(field)?),
            AMOUNT => coin = Some(value.bytes(field)?),
            _ => {}
        }
    }
    Ok(Undelegation {
        completes_at: timestamp(time.ok_or(ResponseError::NoTime)?)?,
        amount: coin.map_or(Ok(None), amount)?,
    })
}

fn amount(coin: &[u8]) -> Result<Option<Uint128>, ResponseError> {
    let mut digits = None;
    let mut message = Message(coin);
    while let Some((field, value)) = message.next()? {
        if field == COIN_AMOUNT {
            digits = Some(value.bytes(field)?);
        }
    }
    let number = |digits| std::str::from_utf8(digits).ok()?.parse().ok();
    digits
        .map(|digits| number(digits).ok_or(ResponseError::Amount))
        .transpose()
}

fn timestamp(bytes: &[u8]) -> Result<Timestamp, ResponseError> {
    // Protobuf leaves out what is zero.
    let (mut seconds, mut nanos) = (0, 0);
    let mut message = Message(bytes);
    while let Some((field, value)) = message.next()? {
        match field {
            SECONDS => seconds = value.number(field)?,
            NANOS => nanos = value.number(field)?,
            _ => {}
        }
    }
    // Negative ones are numbers above 2^63.
    let valid = Some(nanos).filter(|nanos| *nanos < NANOS_PER_SECOND);
    valid
        .and_then(|nanos| seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos))
        .map(Timestamp::from_nanos)
        .ok_or(ResponseError::Time { seconds, nanos })
}

/// What is left to read of a message.
struct Message<'a>(&'a [u8]);

/// A field's value.
enum Value<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    fn bytes(self, field: u64) -> Result<&'a [u8], ResponseError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.wrong(field)),
        }
    }

    fn number(self, field: u64) -> Result<u64, ResponseError> {
        match self {
            Self::Number(number) => Ok(number),
            other => Err(other.wrong(field)),
        }
    }

    fn wrong(&self, field: u64) -> ResponseError {
        let wire_type = match self {
            Self::Number(_) => 0,
            Self::Fixed(wire_type) => *wire_type,
            Self::Bytes(_) => 2,
        };
        ResponseError::WireType { field, wire_type }
    }
}

impl<'a> Message<'a> {
    /// The next field. Each takes a byte at least, so that there are no more of them than bytes.
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, ResponseError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let (field, wire_type) = (tag >> 3, tag & 7);
        let value = match wire_type {
            0 => Value::Number(self.varint()?),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            1 => self.take(8).map(|_| Value::Fixed(wire_type))?,
            5 => self.take(4).map(|_| Value::Fixed(wire_type))?,
            _ => return Err(ResponseError::WireType { field, wire_type }),
        };
        Ok(Some((field, value)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ResponseError> {
        let (taken, left) = self
            .0
            .split_at_checked(length)
            .ok_or(ResponseError::Truncated)?;
        self.0 = left;
        Ok(taken)
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn varint(&mut self) -> Result<u64, ResponseError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = u64::from(*self.take(1)?.first().ok_or(ResponseError::Truncated)?);
            let bits = byte & 0x7f;
            let part = bits << shift;
            if part >> shift != bits {
                return Err(ResponseError::Number);
            }
            number |= part;
            if byte == bits {
                return Ok(number);
            }
        }
        Err(ResponseError::Number)
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{Binary, MsgResponse};

    use super::*;

    fn all(bytes: &[u8]) -> Result<Undelegation, ResponseError> {
        #[allow(deprecated)]
        super::read(&SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: vec![MsgResponse {
                type_url: "/cosmos.staking.v1beta1.MsgUndelegateResponse".into(),
                value: Binary::from(bytes),
            }],
        })
    }

    fn read(bytes: &[u8]) -> Result<Timestamp, ResponseError> {
        all(bytes).map(|found| found.completes_at)
    }

    fn amount(bytes: &[u8]) -> Result<Option<u128>, ResponseError> {
        all(bytes).map(|found| found.amount.map(|amount| amount.u128()))
    }

    /// 2,000,000,000 s and 5 ns; then the amount, a coin of 7 atom, as chains from SDK 0.50 on say it.
    const SECONDS_FIELD: [u8; 6] = [0x08, 0x80, 0xa8, 0xd6, 0xb9, 0x07];
    const NANOS_FIELD: [u8; 2] = [0x10, 0x05];
    const AMOUNT: [u8; 11] = [
        0x12, 0x09, 0x0a, 0x04, b'a', b't', b'o', b'm', 0x12, 0x01, b'7',
    ];

    fn nested(field: u8, inner: &[u8]) -> Vec<u8> {
        [&[field, u8::try_from(inner.len()).unwrap()], inner].concat()
    }

    fn answer() -> Vec<u8> {
        let time = [&SECONDS_FIELD[..], &NANOS_FIELD[..]].concat();
        [nested(0x0a, &time), AMOUNT.to_vec()].concat()
    }

    #[test]
    fn the_time_is_read_to_the_nanosecond() {
        let expected = Timestamp::from_nanos(2_000_000_000_000_000_005);
        assert_eq!(read(&answer()), Ok(expected));
        // The amount is missing before SDK 0.50, and could come first.
        let time = &answer()[..10];
        assert_eq!(read(time), Ok(expected));
        assert_eq!(read(&[&AMOUNT[..], time].concat()), Ok(expected));
        // Fields that are not known yet, of every wire type.
        let unknown = [
            &[0x18, 0xff, 0xff, 0x03][..],
            &[0x21, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0x2d, 1, 2, 3, 4],
            &[0x32, 0],
        ];
        assert_eq!(read(&[&unknown.concat(), time].concat()), Ok(expected));
        let inner = [&unknown.concat()[..], &SECONDS_FIELD].concat();
        assert_eq!(
            read(&nested(0x0a, &inner)),
            Ok(Timestamp::from_seconds(2_000_000_000))
        );
        // Zeros are left out.
        assert_eq!(read(&[0x0a, 0]), Ok(Timestamp::from_nanos(0)));
        assert_eq!(read(&[0x0a, 2, 0x10, 5]), Ok(Timestamp::from_nanos(5)));
    }

    #[test]
    fn the_amount_is_read_where_there_is_one() {
        let time = &answer()[..10];
        let coin = |inner: &[u8]| [time, &nested(0x12, inner)].concat();
        let digits = |digits: &str| coin(&nested(0x12, digits.as_bytes()));
        assert_eq!(amount(&answer()), Ok(Some(7)));
        assert_eq!(amount(&[&AMOUNT[..], time].concat()), Ok(Some(7)));
        assert_eq!(amount(time), Ok(None));
        // A coin without one, and one of nothing.
        assert_eq!(amount(&coin(&[])), Ok(None));
        assert_eq!(amount(&coin(&[0x0a, 1, b'a'])), Ok(None));
        assert_eq!(amount(&digits("0")), Ok(Some(0)));
        let most = u128::MAX.to_string();
        assert_eq!(amount(&digits(&most)), Ok(Some(u128::MAX)));
        // One more; a fraction, a negative, none, what is no text.
        let over = "340282366920938463463374607431768211456";
        for wrong in [over, "1.5", "-1", " 1", "", "1atom"] {
            assert_eq!(
                amount(&digits(wrong)),
                Err(ResponseError::Amount),
                "{wrong}"
            );
        }
        assert_eq!(amount(&coin(&[0x12, 1, 0xff])), Err(ResponseError::Amount));
        let wire = |field, wire_type| Err(ResponseError::WireType { field, wire_type });
        assert_eq!(amount(&coin(&[0x10, 7])), wire(2, 0));
        assert_eq!(amount(&[time, &[0x10, 7]].concat()), wire(2, 0));
        assert_eq!(
            amount(&coin(&[0x12, 2, b'7'])),
            Err(ResponseError::Truncated)
        );
    }

    #[test]
    fn an_answer_without_a_time_is_refused() {
        assert_eq!(read(&[]), Err(ResponseError::Missing));
        assert_eq!(read(&AMOUNT), Err(ResponseError::NoTime));
        #[allow(deprecated)]
        let none = SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: vec![],
        };
        assert_eq!(super::read(&none), Err(ResponseError::Missing));
    }

    #[test]
    fn malformed_bytes_are_refused() {
        let good = answer();
        // Cut anywhere but between the two fields.
        for length in (1..good.len()).filter(|length| *length != 10) {
            assert_eq!(
                read(&good[..length]),
                Err(ResponseError::Truncated),
                "{length}"
            );
        }
        let wire = |field, wire_type| Err(ResponseError::WireType { field, wire_type });
        for (bytes, expected) in [
            // The time as a number, as eight and as four bytes; groups and what never existed.
            (vec![0x08, 5], wire(1, 0)),
            (vec![0x09, 0, 0, 0, 0, 0, 0, 0, 0], wire(1, 1)),
            (vec![0x0d, 0, 0, 0, 0], wire(1, 5)),
            (vec![0x0b], wire(1, 3)),
            (vec![0x0c], wire(1, 4)),
            (vec![0x1e], wire(3, 6)),
            (vec![0x1f], wire(3, 7)),
            // Its seconds as bytes.
            (vec![0x0a, 2, 0x0a, 0], wire(1, 2)),
            // A length of 2^64 - 1, and a number of 65 bits, of eleven bytes.
            (
                [&[0x0a][..], &[0xff; 9], &[0x01]].concat(),
                Err(ResponseError::Truncated),
            ),
            (
                [&[0x18][..], &[0xff; 9], &[0x02]].concat(),
                Err(ResponseError::Number),
            ),
            (
                [&[0x18][..], &[0x80; 10], &[0x01]].concat(),
                Err(ResponseError::Number),
            ),
            (
                vec![0; 1_025],
                Err(ResponseError::TooLong { length: 1_025 }),
            ),
        ] {
            assert_eq!(read(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn times_that_are_none_are_refused() {
        let minus_one = [&[0x08][..], &[0xff; 9], &[0x01]].concat();
        let error = |seconds, nanos| Err(ResponseError::Time { seconds, nanos });
        assert_eq!(read(&nested(0x0a, &minus_one)), error(u64::MAX, 0));
        // 10^9 ns.
        let nanos = [0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03];
        assert_eq!(read(&nested(0x0a, &nanos)), error(0, 1_000_000_000));
        // 999,999,999 ns are fine.
        let nanos = [0x10, 0xff, 0x93, 0xeb, 0xdc, 0x03];
        assert_eq!(
            read(&nested(0x0a, &nanos)),
            Ok(Timestamp::from_nanos(999_999_999))
        );
        // The last second that the chain's clock has, and the next one.
        let last = [0x08, 0x89, 0xf4, 0x8b, 0xdc, 0x44];
        assert_eq!(
            read(&nested(0x0a, &last)),
            Ok(Timestamp::from_seconds(18_446_744_073))
        );
        let next = [0x08, 0x8a, 0xf4, 0x8b, 0xdc, 0x44];
        assert_eq!(read(&nested(0x0a, &next)), error(18_446_744_074, 0));
    }
}
