package suite

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"cosmossdk.io/math"

	"palisade/e2e/harness"
)

// Msg is a message written down as it goes over the wire.
type Msg = harness.Msg

// Int is an amount, a share, a power or a number of 64 bits: all are strings in JSON.
type Int = math.Int

// marker is a file that lies at the root of the repository.
const marker = "rust-toolchain.toml"

// Root is the folder of the repository: the nearest one above that has the marker.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, marker)); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			panic("no " + marker + " above " + dir)
		}
	}
}

// Artifact is a file that scripts/build made.
func Artifact(name string) string { return filepath.Join(Root(), "artifacts", name) }

// seconds is a duration as the contracts take it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// amount is a number as the contracts take it.
func amount(n int64) string { return strconv.FormatInt(n, 10) }

// nanos is a moment as the contracts take it.
func nanos(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

// binary is bytes as the contracts take them.
func binary(bytes []byte) string { return base64.StdEncoding.EncodeToString(bytes) }

// Time is a moment as the contracts tell it.
type Time struct{ time.Time }

// UnmarshalJSON reads nanoseconds in a string.
func (t *Time) UnmarshalJSON(raw []byte) error {
	text, err := strconv.Unquote(string(raw))
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	t.Time = time.Unix(0, n).UTC()
	return nil
}

// Zero is nothing.
var Zero = math.ZeroInt()

// IntOf is a small number.
func IntOf(n int64) Int { return math.NewInt(n) }
