package live

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// redeliver brings the packet to the host a second time: the very message of the relayer, with its
// proof, signed by somebody else.
func (s *story) redeliver() {
	s.step("Somebody delivers the packet a second time: nothing changes")
	before := s.requests()
	s.again()
	after := s.requests()
	s.holds("the request is as it was, and alone", len(after) == 1 && encode(after) == encode(before))
	s.side(s.Host.Name, "one request, %s", after[0].State.Name())
}

func (s *story) again() {
	what := "recv_packet.packet_sequence='" + s.sequence() + "' AND recv_packet.packet_dst_channel='" + s.hostChannel + "'"
	var answer struct {
		Txs []struct {
			Tx struct {
				Body struct{ Messages []map[string]json.RawMessage }
			}
		}
	}
	s.Host.ask(&answer, "txs", "--query", what)
	s.number("transactions that delivered the packet", units(int64(len(answer.Txs))), units(1))
	if len(answer.Txs) == 0 {
		return
	}
	for _, message := range answer.Txs[0].Tx.Body.Messages {
		if strings.Contains(string(message["@type"]), "MsgRecvPacket") && strings.Contains(string(message["packet"]), s.gateway) {
			message["signer"] = json.RawMessage(encode(s.address("anybody")))
			s.bring(message)
			return
		}
	}
	halt("the transaction that delivered the packet has no MsgRecvPacket")
}

// bring signs and sends a message that a chain has to refuse, as it was taken in before.
func (s *story) bring(message map[string]json.RawMessage) {
	folder, err := os.MkdirTemp("", "palisade")
	if err != nil {
		halt("no place for a file: %v", err)
	}
	defer os.RemoveAll(folder)
	unsigned, signed := filepath.Join(folder, "unsigned.json"), filepath.Join(folder, "signed.json")
	write(unsigned, encode(Msg{
		"body": Msg{
			"messages": []any{message}, "memo": "", "timeout_height": "0",
			"extension_options": []any{}, "non_critical_extension_options": []any{},
		},
		"auth_info": Msg{"signer_infos": []any{}, "fee": Msg{
			"amount": []Msg{{"denom": gas, "amount": "20000"}}, "gas_limit": "2000000", "payer": "", "granter": "",
		}},
		"signatures": []string{},
	}))
	node := []string{"--chain-id", s.Host.Name, "--node", flagOf(s.env["QUERY_FLAGS"], "--node")}
	sign := append([]string{"tx", "sign", unsigned, "--from", "anybody"}, node...)
	s.typed(shell("wasmd", sign))
	out, errs, err := s.run("wasmd", append(sign, "--output-document", signed)...)
	if err != nil {
		halt("the message could not be signed: %s", lastLine(errs+"\n"+out))
	}
	send := append([]string{"tx", "broadcast", signed}, node...)
	s.typed(shell("wasmd", send))
	out, errs, err = s.run("wasmd", append(send, "-o", "json")...)
	said := out + "\n" + errs
	refused := err != nil || !strings.Contains(said, `"code":0`)
	s.holds("the same packet, delivered again with its proof, is refused as redundant", refused && strings.Contains(said, "redundant"))
}

func write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		halt("the file could not be written: %v", err)
	}
}
