package harness

import (
	"time"

	transfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// TransferPort is the port of ICS-20.
const TransferPort = "transfer"

// TransferChannel is a channel of ICS-20 over this link, to be opened by a chain.
func (l *Link) TransferChannel(from *Chain) *Channel {
	return l.Channel(from, TransferPort, TransferPort, transfertypes.V1)
}

// Transfer sends a coin from a chain over ICS-20. It expires after so long.
func (c *Channel) Transfer(at *Chain, from Name, receiver, memo string, coin sdk.Coin, lasts time.Duration) *Result {
	at.t.Helper()
	end, _ := c.of(at)
	expires := uint64(at.Now().Add(lasts).UnixNano())
	return at.Tx(from, "transfer.send", DefaultGas, transfertypes.NewMsgTransfer(
		TransferPort, end.ID, coin, from.String(), receiver, clienttypes.ZeroHeight(), expires, memo))
}

// Voucher is the denom that a chain gives to a denom of the other chain's own.
func (c *Channel) Voucher(at *Chain, denom string) string {
	end, _ := c.of(at)
	return transfertypes.NewDenom(denom, transfertypes.NewHop(TransferPort, end.ID)).IBCDenom()
}

// Escrowed is what a chain keeps of a denom of its own for those who hold it on the other chain.
func (c *Channel) Escrowed(at *Chain, denom string) math.Int {
	at.t.Helper()
	end, _ := c.of(at)
	return at.Balance(transfertypes.GetEscrowAddress(TransferPort, end.ID).String(), denom)
}
