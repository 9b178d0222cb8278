# tendermint/DuplicateVoteEvidence of a node's /block to the suite's: jq --arg key KEY -f equivocation.jq
def bytes: # 32, from hex to base64
  [ascii_downcase + "00" | scan("...") | explode | map(. - if . > 96 then 87 else 48 end)
    | .[0] * 256 + .[1] * 16 + .[2] | (. / 64 | floor), . % 64
    | . as $at | "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[$at:$at + 1]]
  | add[:43] + "=";
def vote:
  (if .block_id.hash == "" then {} else {block_id: {
    hash: .block_id.hash | bytes, parts_total: .block_id.parts.total, parts_hash: .block_id.parts.hash | bytes}} end)
  + {timestamp: {seconds: (.timestamp[:19] + "Z" | fromdate | tostring),
      nanos: ((.timestamp[20:] | rtrimstr("Z")) + "000000000")[:9] | tonumber}, signature};
.value.vote_a as $one
| {key: $key, vote_type: (if $one.type == 1 then {prevote: {}} else {precommit: {}} end), height: $one.height,
   round: $one.round, first: $one | vote, second: .value.vote_b | vote}
