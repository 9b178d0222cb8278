use cosmwasm_std::{
    Addr, Decimal, Instantiate2AddressError, OverflowError, StdError, Timestamp, Uint128,
};
use cw_utils::PaymentError;
use palisade_admin::AdminError;
use palisade_ibc::ArrivalError;
use palisade_math::MathError;
use palisade_types::asset::{AssetId, Destination};
use thiserror::Error;

/// What the vault refuses.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library: among others an address that is not valid.
    #[error(transparent)]
    Std(#[from] StdError),

    /// A transfer over ICS-20 that is no deposit.
    #[error(transparent)]
    Arrival(#[from] ArrivalError),

    /// Ownership, pauses or migration.
    #[error(transparent)]
    Admin(#[from] AdminError),

    /// No coin, or several, where one is meant; coins where none are meant.
    #[error(transparent)]
    Payment(#[from] PaymentError),

    /// The value of an asset cannot be counted.
    #[error(transparent)]
    Math(#[from] MathError),

    /// A sum left its 128 bits, or a book its ground: not reached by sound state.
    #[error(transparent)]
    Overflow(#[from] OverflowError),

    /// No address can be made of the checksum of the stakers' code and of the staker's salt.
    #[error("no address can be made for a staker: {0}")]
    Instantiate2(#[from] Instantiate2AddressError),

    /// Only the neighbour may send this.
    #[error("{sender} is not the {expected} contract")]
    Unauthorized {
        /// Who tried.
        sender: Addr,
        /// Whose message it is.
        expected: &'static str,
    },

    /// No delegation contract was named yet.
    #[error("the delegation contract is not connected yet")]
    NotConnected,

    /// The delegation contract is named once and for all.
    #[error("already connected to {delegation}")]
    AlreadyConnected {
        /// The delegation contract.
        delegation: Addr,
    },

    /// No asset has this name.
    #[error("no asset is called {asset}")]
    UnknownAsset {
        /// The name.
        asset: AssetId,
    },

    /// No asset is of this token.
    #[error("{token} is not a registered token")]
    UnknownToken {
        /// `native/<denom>` or `cw20/<address>`.
        token: String,
    },

    /// The name is taken.
    #[error("there is an asset called {asset} already")]
    AssetExists {
        /// The name.
        asset: AssetId,
    },

    /// The token has its asset.
    #[error("{token} is registered already, as {asset}")]
    TokenTaken {
        /// `native/<denom>` or `cw20/<address>`.
        token: String,
        /// The asset of it.
        asset: AssetId,
    },

    /// The contract does not answer as a cw20 does.
    #[error("{address} is not a cw20 token: {reason}")]
    NotCw20 {
        /// The contract.
        address: Addr,
        /// What it answered.
        reason: StdError,
    },

    /// A parameter of an asset is out of range.
    #[error("{value} is not allowed as {what}: {allowed}")]
    InvalidParameter {
        /// The parameter.
        what: &'static str,
        /// What was offered.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },

    /// All of an asset, at its highest rate, would be worth more than powers can add up.
    #[error("{amount} at a rate of {rate} is worth more than {limit}")]
    WorthTooMuch {
        /// The cap, or what is held already if that is more.
        amount: Uint128,
        /// The highest rate that could be believed.
        rate: Decimal,
        /// The most value of one asset.
        limit: Uint128,
    },

    /// The owner closed the deposits of this asset.
    #[error("deposits of {asset} are closed")]
    DepositsClosed {
        /// The asset.
        asset: AssetId,
    },

    /// The deposit is too small.
    #[error("a deposit of {asset} is at least {minimum}, {offered} was offered")]
    BelowMinimum {
        /// The asset.
        asset: AssetId,
        /// The least deposit.
        minimum: Uint128,
        /// What was offered.
        offered: Uint128,
    },

    /// The deposit does not fit under the cap.
    #[error("{offered} more {asset} do not fit: {held} of at most {cap} are held")]
    CapExceeded {
        /// The asset.
        asset: AssetId,
        /// Most that may be held.
        cap: Uint128,
        /// What is held, idle and staked.
        held: Uint128,
        /// What was offered.
        offered: Uint128,
    },

    /// Nothing was asked for.
    #[error("amount must be above zero")]
    ZeroAmount,

    /// The owner has fewer idle tokens.
    #[error("{available} {asset} are idle, {requested} were asked for")]
    InsufficientIdle {
        /// The asset.
        asset: AssetId,
        /// What the owner has.
        available: Uint128,
        /// What was asked for.
        requested: Uint128,
    },

    /// Less is staked: the neighbour's books are not the vault's.
    #[error("{available} {asset} are staked, {requested} were asked for")]
    InsufficientStaked {
        /// The asset.
        asset: AssetId,
        /// What is staked in all.
        available: Uint128,
        /// What was asked for.
        requested: Uint128,
    },

    /// Less was unbonded for who left: the neighbour's books are not the vault's.
    #[error("{available} {asset} are released, {requested} were asked for")]
    InsufficientReleased {
        /// The asset.
        asset: AssetId,
        /// What is unbonded and in the vault again.
        available: Uint128,
        /// What was asked for.
        requested: Uint128,
    },

    /// More would have come back from the base chain than went there.
    #[error("{amount} {asset} would be {column}, of {limit} at most")]
    TooMuchArrived {
        /// The asset.
        asset: AssetId,
        /// `released` or `payable`.
        column: &'static str,
        /// What the column would come to.
        amount: Uint128,
        /// What is staked, or seized.
        limit: Uint128,
    },

    /// What arrived of a seizure is a part of it.
    #[error("of {seized} {asset} seized {arrived} cannot be here already")]
    ArrivedUnseized {
        /// The asset.
        asset: AssetId,
        /// What was seized of it.
        seized: Uint128,
        /// What of it shall be in the vault already.
        arrived: Uint128,
    },

    /// What was seized is still with the base chain.
    #[error("no seized {asset} came back from the base chain yet")]
    NothingArrived {
        /// The asset.
        asset: AssetId,
    },

    /// The asset is not natively staked.
    #[error("{asset} is not staked natively")]
    NotStaked {
        /// The asset.
        asset: AssetId,
    },

    /// No code has this number.
    #[error("there is no code {code_id}: {reason}")]
    UnknownCode {
        /// The code of the staker.
        code_id: u64,
        /// What the chain answered.
        reason: StdError,
    },

    /// The operator did not open native staking.
    #[error("{operator} has no staker of {asset}")]
    NoStaker {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: Addr,
    },

    /// The operator opened native staking before.
    #[error("{operator} has its staker of {asset} already: {staker}")]
    StakerExists {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: Addr,
        /// Its staker.
        staker: Addr,
    },

    /// The validator's account is another one.
    #[error("{operator} is not the account of the validator {validator}")]
    NotTheValidator {
        /// Who tried.
        operator: Addr,
        /// The validator.
        validator: String,
    },

    /// The base chain has no such validator.
    #[error("there is no validator {validator}")]
    UnknownValidator {
        /// Its address.
        validator: String,
    },

    /// Nothing is staked with a validator that does not validate.
    #[error("the validator {validator} is not bonded")]
    ValidatorNotBonded {
        /// The validator.
        validator: String,
    },

    /// A tokenized share stands behind its validator's operator alone.
    #[error("{asset} cannot stand behind {operator}: it is a share of another validator")]
    OtherOperator {
        /// The asset.
        asset: AssetId,
        /// Whom it was to stand behind.
        operator: Addr,
    },

    /// The rate of shares is that of tokenized shares.
    #[error("only a native token `{{validator}}/{{id}}` has a rate of shares")]
    NotTokenized,

    /// Tokenized shares that are worth nothing, or that nobody has.
    #[error("{supply} {denom} for {delegated} delegated have no rate")]
    WorthlessShares {
        /// The denom.
        denom: String,
        /// Base units that the delegation is worth.
        delegated: Uint128,
        /// How many shares there are.
        supply: Uint128,
    },

    /// Nothing waits for this destination.
    #[error(
        "no {asset} is booked under account {account} for {}",
        name(destination)
    )]
    NothingSeized {
        /// The asset.
        asset: AssetId,
        /// The account.
        account: u32,
        /// The destination.
        destination: Destination,
    },

    /// Whatever is there is owed.
    #[error("nothing of {token} can be recovered: {balance} are held, {owed} are owed")]
    NothingToRecover {
        /// The name of the token.
        token: String,
        /// What is held.
        balance: Uint128,
        /// What is owed of it.
        owed: Uint128,
    },

    /// A seizure has some payees, and not many.
    #[error("a seizure has 1 to {most} payees, there are {actual}")]
    PayeeCount {
        /// Most of them.
        most: usize,
        /// How many there are.
        actual: usize,
    },

    /// A payee of nothing.
    #[error(
        "the share under account {account} for {} must be above zero",
        name(destination)
    )]
    ZeroShare {
        /// The account.
        account: u32,
        /// The destination.
        destination: Destination,
    },

    /// The shares leave something over, or give away more than there is.
    #[error("the shares of the payees add up to {total}, not to 1")]
    SharesNotWhole {
        /// Their sum.
        total: Decimal,
    },

    /// What is booked under account 0 is bounties: no service has a say about them.
    #[error("what is booked under account 0 cannot be redirected")]
    NobodysAccount,

    /// A redirection leads back to where it starts.
    #[error("what waits for {} is booked for it already", name(destination))]
    SameDestination {
        /// The destination.
        destination: Destination,
    },

    /// The token delivered less than it said: not what it promises is counted, but what is there.
    #[error("the vault would owe {owed} {asset} and hold {balance}")]
    UnderDelivered {
        /// The asset.
        asset: AssetId,
        /// What the books would come to.
        owed: Uint128,
        /// What the token says that the vault holds.
        balance: Uint128,
    },

    /// What the vault pays to itself would belong to nobody.
    #[error("the vault does not pay to itself")]
    PaymentToSelf,

    /// A list is too long.
    #[error("at most {limit} {what} at once, there are {actual}")]
    TooMany {
        /// What the list is of.
        what: &'static str,
        /// Its longest length.
        limit: usize,
        /// Its length.
        actual: usize,
    },

    /// The rate is fixed: there is nobody to ask.
    #[error("the rate of {asset} is fixed")]
    FixedRate {
        /// The asset.
        asset: AssetId,
    },

    /// The provider did not answer, or not with a rate.
    #[error("{provider} answered no rate: {reason}")]
    RateUnavailable {
        /// The rate provider.
        provider: String,
        /// What it answered.
        reason: StdError,
    },

    /// The provider's rate is not believed.
    #[error("a rate of {rate} is not within {min} and {max}")]
    RateOutOfBounds {
        /// The provider's rate.
        rate: Decimal,
        /// The lowest rate that is believed.
        min: Decimal,
        /// The highest rate that is believed.
        max: Decimal,
    },

    /// The provider's rate is too old.
    #[error("the rate was set at {updated_at}, more than {max_age} seconds ago")]
    RateStale {
        /// When the provider set it.
        updated_at: Timestamp,
        /// Seconds for which a rate is fresh.
        max_age: u64,
    },

    /// The provider's clock is wrong.
    #[error("the rate was set at {updated_at}, more than {max_skew} seconds from now")]
    RateFromFuture {
        /// When the provider says that it set it.
        updated_at: Timestamp,
        /// Seconds that its clock may be ahead.
        max_skew: u64,
    },

    /// The provider's rate changed too much at once.
    #[error("a rate of {rate} after {last} is a change of more than {max_change} of it")]
    RateChangedTooMuch {
        /// The last good rate.
        last: Decimal,
        /// The provider's rate.
        rate: Decimal,
        /// Largest change, as a fraction of the last good rate.
        max_change: Decimal,
    },

    /// The provider's clock went back.
    #[error("the rate was set at {updated_at}, before the last good one at {last}")]
    RateOutdated {
        /// When the provider set its rate.
        updated_at: Timestamp,
        /// When it set the last good one.
        last: Timestamp,
    },

    /// A rate changes once in a block, or many small steps would be one large one.
    #[error("the rate became {kept} in this block already, and cannot become {rate}")]
    RateChangedAlready {
        /// The rate that this block brought.
        kept: Decimal,
        /// The provider's rate.
        rate: Decimal,
    },
}

/// How a destination is named in an error.
fn name(destination: &Destination) -> String {
    destination
        .recipient()
        .map_or("burning".to_string(), Addr::into_string)
}
